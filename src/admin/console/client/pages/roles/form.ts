import { html, nothing, type TemplateResult } from 'lit-html'
import { ApiError, ask } from '../../api.ts'
import type { JudgedMapping, Role } from '../../api-types.ts'
import { button } from '../../parts/button.ts'
import { confirm } from '../../parts/confirm.ts'
import { checkField, textField } from '../../parts/field.ts'
import { failure, notice, pageHeading } from '../../parts/states.ts'
import { nameElsewhere } from '../../session.ts'
import { State } from '../../store.ts'
import type { MappingDesk } from './desk.ts'
import { EMPTY_ROLE, isSameRole, LISTS, linesOf, type RoleList, valuesOf } from './mapping.ts'

interface Fields extends Readonly<Record<RoleList, string>> {
  readonly name: string
  readonly description: string
  readonly hidden: boolean
}

const WORDS: Readonly<Record<RoleList, readonly [label: string, hint: string]>> = {
  users: ['Users', 'Names as certificates say them, one per line. Exact, with * and ?, or a /regex/.'],
  backend_roles: ['Backend roles', 'One per line; any one of them gives the role.'],
  and_backend_roles: ['Backend roles, all of them', 'One per line; only who has every one of them gets the role.'],
  hosts: ['Hosts', 'Addresses or blocks, one per line. They give the role to everybody who comes from there.'],
  issuers: ['Issuers', 'One per line. Only certificates under these authorities count; empty: any.'],
}

const CANCELLING = {
  title: 'Discard what you typed?',
  body: 'The role stays as it is.',
  action: 'Discard',
  isDangerous: true,
} as const

/** One role, edited by fields. It says nothing to the file: what comes of it is reviewed first. */
export class RoleForm {
  /** null: a new role. */
  readonly name: string | null
  readonly #desk: MappingDesk
  readonly #signal: AbortSignal
  readonly #before: Fields
  readonly #fields: State<Fields>
  readonly #error = new State<unknown>(null)
  readonly #busy = new State(false)
  readonly #others = new State(false)
  #opened: Role | undefined

  constructor(desk: MappingDesk, name: string | null, signal: AbortSignal) {
    this.name = name
    this.#desk = desk
    this.#signal = signal
    this.#opened = this.#current
    this.#before = fieldsOf(name, this.#opened ?? EMPTY_ROLE)
    this.#fields = new State(this.#before)
  }

  get isDirty(): boolean {
    const now = this.#fields.value
    return (Object.keys(now) as (keyof Fields)[]).some((key) => now[key] !== this.#before[key])
  }

  get #current(): Role | undefined {
    const { name } = this
    const roles = this.#desk.now?.roles ?? {}
    return name !== null && Object.hasOwn(roles, name) ? roles[name] : undefined
  }

  view(): TemplateResult {
    const fields = this.#fields.value
    const submit = (event: Event): void => {
      event.preventDefault()
      if (!this.#busy.value) void this.#preview()
    }
    const missing = fields.name.trim() === '' ? 'Give the role a name first.' : null
    const unchanged = this.isDirty ? missing : 'Nothing is changed.'
    return html`
      ${pageHeading(this.name === null ? 'New role' : html`Role <code>${this.name}</code>`)}
      ${this.#notices()}
      <form class="panel" @submit=${submit}>
        <div class="panel-body">
          <div class="role-fields">
            ${this.name === null ? this.#text('name', 'Name', 'As the routes that allow it write it.') : nothing}
            ${this.#text('description', 'Description', 'What it is for; people read it.')}
          </div>
          <div class="role-fields">${LISTS.map((list) => this.#text(list, ...WORDS[list], 5))}</div>
          ${checkField({ name: 'role-hidden', label: 'Hidden', hint: 'A mark for who reads the file; it gives and takes nothing.', value: fields.hidden, changed: (hidden) => this.#set({ hidden }) })}
          <div class="dialog-actions">
            ${button({ label: 'Cancel', act: () => void this.#cancel() })}
            ${button({ label: 'Review', kind: 'primary', submit: true, isBusy: this.#busy.value, whyNot: this.name === null ? missing : unchanged })}
          </div>
        </div>
      </form>`
  }

  async #cancel(): Promise<void> {
    this.#desk.begin()
    if (!this.isDirty || (await confirm(CANCELLING))) this.#desk.edit()
  }

  #text(key: Exclude<keyof Fields, 'hidden'>, label: string, hint: string, rows?: number): TemplateResult {
    const changed = (value: string): void => this.#set({ [key]: value })
    const given = {
      name: `role-${key}`,
      label,
      hint,
      value: this.#fields.value[key],
      monospaced: rows !== undefined || key === 'name',
      changed,
    }
    return textField(rows === undefined ? { ...given, required: key === 'name' } : { ...given, rows })
  }

  #set(change: Partial<Fields>): void {
    // A review that is on its way is of what stood here before.
    this.#desk.begin()
    this.#fields.value = { ...this.#fields.value, ...change }
  }

  #notices(): TemplateResult {
    const others = this.#others.value
      ? notice(
          'warn',
          this.#current === undefined ? 'The role is gone meanwhile' : 'The role was changed meanwhile',
          html`<p>${this.#desk.by === null ? 'Somebody' : nameElsewhere(this.#desk.by)} changed it while you edited. Review goes on with what stands here; the difference then shows what that takes back.</p>`,
        )
      : nothing
    return html`${others}${this.#error.value === null ? nothing : failure(this.#error.value)}`
  }

  async #preview(): Promise<void> {
    this.#error.value = null
    this.#others.value = false
    this.#busy.value = true
    const isStill = this.#desk.begin()
    // Before anything is compared: the edit is made of the very version that was compared.
    await this.#desk.settled()
    if (this.#signal.aborted) return
    this.#busy.value = false
    if (!isStill()) return
    const fields = this.#fields.value
    const { name = null } = this
    const role = name ?? fields.name.trim()
    if (name === null && Object.hasOwn(this.#desk.now?.roles ?? {}, role)) {
      this.#error.value = new Error(`There is a role ${role} already.`)
      return
    }
    if (!isSameRole(this.#opened, this.#current)) {
      this.#opened = this.#current
      this.#others.value = true
      return
    }
    const seen = this.#desk.now?.tag
    this.#busy.value = true
    this.#error.value = await previewed(this.#desk, role, roleOf(fields, this.#opened ?? EMPTY_ROLE), this.#signal, isStill)
    if (isStale(this.#error.value)) {
      await this.#desk.refresh()
      if (this.#desk.now?.tag !== seen && isStill()) {
        // What others changed elsewhere in the file is no matter.
        this.#busy.value = false
        return this.#preview()
      }
    }
    this.#busy.value = false
  }
}

/**
 * Has the gateway make the edit of what the desk has now, and shows what would come of it. Resolves to why not; null: it is shown, or something
 * else was begun meanwhile (`isStill`), whose place it does not take.
 */
export async function previewed(
  desk: MappingDesk,
  name: string,
  role: Role | null,
  signal: AbortSignal,
  isStill = desk.begin(),
): Promise<unknown> {
  try {
    const given = { body: { roles: { [name]: role } }, ifMatch: desk.now?.tag ?? '', signal }
    const { value, etag } = await ask<JudgedMapping & { readonly text: string }>('POST /api/v1/mapping/preview', given)
    if (etag !== desk.base.tag) await desk.refresh()
    if (etag !== desk.base.tag) throw new ApiError(412, { detail: 'the file was changed meanwhile', hint: 'Try again.' })
    if (isStill()) desk.review({ text: value.text, judged: value, from: role === null ? 'edit' : 'form' })
    return null
  } catch (error) {
    return signal.aborted ? null : error
  }
}

export const isStale = (error: unknown): boolean => error instanceof ApiError && error.status === 412

function fieldsOf(name: string | null, role: Role): Fields {
  const lists = Object.fromEntries(LISTS.map((list) => [list, linesOf(role[list])])) as Record<RoleList, string>
  return { ...lists, name: name ?? '', description: role.description ?? '', hidden: role.hidden }
}

function roleOf(fields: Fields, before: Role): Role {
  const lists = Object.fromEntries(LISTS.map((list) => [list, valuesOf(fields[list], before[list])])) as Record<RoleList, readonly string[]>
  const description = fields.description === (before.description ?? '') ? before.description : fields.description.trim() || null
  return { ...before, ...lists, description, hidden: fields.hidden }
}
