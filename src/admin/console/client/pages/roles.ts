import { html, nothing, type TemplateResult } from 'lit-html'
import { live } from '../live.ts'
import { guardLeaving } from '../navigation.ts'
import { badge } from '../parts/badge.ts'
import { button } from '../parts/button.ts'
import { confirm } from '../parts/confirm.ts'
import { copy } from '../parts/copy.ts'
import { failure, messageOf, notAllowed, notice, pageHeading, whenLoaded } from '../parts/states.ts'
import { tabs } from '../parts/tabs.ts'
import { toast } from '../parts/toast.ts'
import { whyNot } from '../session.ts'
import { onceDrawn, State } from '../store.ts'
import type { OpenedPage, PageContext } from './page.ts'
import { Checking } from './roles/checking.ts'
import { conflict } from './roles/conflict.ts'
import { type Known, MappingDesk, type Step } from './roles/desk.ts'
import { editor } from './roles/editor.ts'
import { isStale, previewed, RoleForm } from './roles/form.ts'
import { FILTERS, type Filter, type RoleRow, type RouteRow, roleRows, routeRows } from './roles/mapping.ts'
import { elsewhere, review } from './roles/review.ts'
import { rolesTable } from './roles/table.ts'

export function open(context: PageContext): OpenedPage {
  const reason = whyNot('Operator')
  if (reason !== null) return { title: () => 'Roles', view: () => html`${pageHeading('Roles')}${notAllowed(reason)}` }
  const page = new RolesPage(context)
  return { title: () => page.title(), view: () => page.view() }
}

const TITLES: Readonly<Record<Step, string>> = { edit: 'Roles', form: 'Role', review: 'Review changes', conflict: 'Changed in two places' }

class RolesPage {
  readonly #context: PageContext
  readonly #desk: MappingDesk
  readonly #checking: Checking
  readonly #where: State<{ readonly tab: string; readonly sought: string; readonly filter: Filter }>
  /** Why one may not write; null: one may. */
  readonly #readOnly = whyNot('ClusterAdmin')
  #form: RoleForm | null = null
  #rows: { readonly of: Known; readonly roles: readonly RoleRow[]; readonly routes: readonly RouteRow[] } | null = null
  #step: Step = 'edit'

  constructor(context: PageContext) {
    const { signal, query } = context
    this.#context = context
    this.#desk = new MappingDesk(signal)
    this.#checking = new Checking(signal)
    const filter = FILTERS.find((one) => one === query.get('show')) ?? 'all'
    this.#where = new State({ tab: query.get('tab') === 'yaml' ? 'yaml' : 'table', sought: query.get('q') ?? '', filter })
    void this.#desk.refresh()
    live.on<{ by: string; tag: string }>('mapping', signal, ({ by, tag }) => this.#desk.heard(by, tag))
    for (const kind of ['reload', 'missed', 'opened'] as const) live.on(kind, signal, () => void this.#desk.refresh())
    addEventListener('beforeunload', (event) => this.#holds() && event.preventDefault(), { signal })
    guardLeaving(signal, async () => !this.#holds() || confirm(LEAVING))
  }

  title(): string {
    return TITLES[this.#desk.step.value]
  }

  view(): TemplateResult {
    const { now, loading, step } = this.#desk
    if (now === null)
      return html`${pageHeading('Roles')}${whenLoaded(
        loading,
        () => html``,
        () => void this.#desk.refresh(),
      )}`
    if (step.value !== this.#step) this.#moved(step.value)
    switch (step.value) {
      case 'form':
        return this.#form?.view() ?? html``
      case 'review':
        return review(this.#desk)
      case 'conflict':
        return conflict(this.#desk)
      case 'edit':
        return this.#edit(now)
    }
  }

  /** Another step is another page for who cannot see it. */
  #moved(step: Step): void {
    this.#step = step
    onceDrawn(() => {
      scrollTo(0, 0)
      document.querySelector<HTMLElement>('main h1')?.focus()
    })
  }

  /** Something that nobody has saved. */
  #holds(): boolean {
    const { isDirty, setAside, step } = this.#desk
    return isDirty || setAside !== null || (step.value === 'form' && this.#form?.isDirty === true)
  }

  #edit(now: Known): TemplateResult {
    const desk = this.#desk
    const { tab } = this.#where.value
    const views = [
      { key: 'table', label: 'Table', view: () => this.#table(now) },
      { key: 'yaml', label: 'YAML', view: () => this.#yaml() },
    ]
    return html`
      ${pageHeading('Roles', this.#actions())}
      ${this.#readOnly === null ? nothing : notice('muted', 'You can look at everything here, and change nothing', html`<p>${this.#readOnly}</p>`, 'slash')}
      ${desk.loading.kind === 'failed' ? failure(desk.loading.error, { act: () => void desk.refresh() }) : nothing}
      ${desk.theirs === null ? nothing : elsewhere(desk)}
      ${desk.setAside === null ? nothing : this.#setAside(desk.setAside)}
      ${tabs('roles', views, tab, (key) => this.#show({ tab: key }))}`
  }

  #actions(): TemplateResult {
    const desk = this.#desk
    const unchanged = desk.isDirty ? null : 'Nothing is changed.'
    const asIs = html`${button({ label: 'New role', icon: 'plus', whyNot: this.#readOnly ?? this.#unsaved(), act: () => void this.#openForm(null) })}`
    if (!desk.isDirty && this.#where.value.tab === 'table') return asIs
    return html`${desk.isDirty ? badge('warn', 'not saved') : nothing}
      ${desk.isDirty ? button({ label: 'Discard', act: () => void this.#discard() }) : asIs}
      ${button({ label: 'Review changes', kind: 'primary', whyNot: this.#readOnly ?? unchanged, act: () => desk.review() })}`
  }

  #unsaved(): string | null {
    if (this.#desk.isDirty) return 'There are changes in the YAML: save or discard them first.'
    return this.#desk.now?.unusable?.message ?? null
  }

  async #discard(): Promise<void> {
    if (await confirm({ title: 'Discard your changes?', body: 'The file stays as it is.', action: 'Discard', isDangerous: true }))
      this.#desk.discard()
  }

  #setAside(text: string): TemplateResult {
    const more = html`<p>You took the other version. Yours is kept here until you leave the page.</p>
      <p class="actions">${button({ label: 'Put it back', act: () => this.#desk.endSetAside(true) })}
      ${button({ label: 'Copy it', icon: 'copy', act: () => void copy(text, 'text') })}
      ${button({ label: 'Forget it', act: () => this.#desk.endSetAside(false) })}</p>`
    return notice('muted', 'Your own text is set aside', more, 'copy')
  }

  #table(now: Known): TemplateResult {
    if (now.unusable !== null) {
      const toYaml = button({ label: 'Look at it as YAML', act: () => this.#show({ tab: 'yaml' }) })
      return notice('bad', now.unusable.message, html`<p>What was in force before still is.</p><p>${toYaml}</p>`)
    }
    const rows =
      this.#rows?.of === now ? this.#rows : { of: now, roles: roleRows(now.roles, now.routes), routes: routeRows(now.roles, now.routes) }
    this.#rows = rows
    const { sought, filter } = this.#where.value
    return rolesTable({
      rows: rows.roles,
      routes: rows.routes,
      sought,
      filter,
      whyNot: this.#readOnly ?? this.#unsaved(),
      filtered: (change) => this.#show(change),
      edit: (name) => void this.#openForm(name),
      remove: (name) => void this.#remove(name),
    })
  }

  #yaml(): TemplateResult {
    const { text } = this.#desk
    this.#checking.follow(text)
    const { state, isBehind } = this.#checking
    const changed = (typed: string): void => {
      this.#desk.text = typed
    }
    return editor({ text, whyNot: this.#readOnly, judged: state, isBehind, changed })
  }

  /** Of the version that is on its way: right after a save the roles are still those of before. */
  async #openForm(name: string | null): Promise<void> {
    const isStill = this.#desk.begin()
    await this.#desk.settled()
    if (!isStill()) return
    this.#form = new RoleForm(this.#desk, name, this.#context.signal)
    this.#desk.openForm()
  }

  async #remove(name: string): Promise<void> {
    const isStill = this.#desk.begin()
    await this.#desk.settled()
    if (!isStill()) return
    const error = await previewed(this.#desk, name, null, this.#context.signal, isStill)
    if (error === null) return
    toast('bad', messageOf(error))
    if (isStale(error)) void this.#desk.refresh()
  }

  #show(change: Partial<{ tab: string; sought: string; filter: Filter }>): void {
    const where = { ...this.#where.value, ...change }
    this.#where.value = where
    const query = new URLSearchParams()
    if (where.tab !== 'table') query.set('tab', where.tab)
    if (where.sought !== '') query.set('q', where.sought)
    if (where.filter !== 'all') query.set('show', where.filter)
    this.#context.keepQuery(query)
  }
}

const LEAVING = {
  title: 'Leave without saving?',
  body: 'You changed the mapping and did not save it. Leaving the page loses your changes.',
  action: 'Leave and lose them',
  isDangerous: true,
} as const
