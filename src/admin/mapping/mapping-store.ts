import { setImmediate } from 'node:timers/promises'
import { editRoles, type RoleChanges, readRoles } from '../../config/mapping-editor.ts'
import { RoleEditError, type RoleEntry } from '../../config/role-entry.ts'
import { ConfigError, type Problem } from '../../errors.ts'
import type { Actor } from '../../store/types.ts'
import { pageMark } from '../asking-page.ts'
import type { AdministrationContext, TakenUp } from '../context.ts'
import { mayDo } from '../permission.ts'
import { AdminProblem } from '../problem.ts'
import type { Caller } from '../types.ts'
import { auditedChanges, type ChangedRole, changedRoles } from './changed-roles.ts'
import { tagOf } from './entity-tag.ts'
import { errorsOf, judgeMapping } from './judge-mapping.ts'
import { type FileContent, Replacement, readContent } from './mapping-file.ts'

/** roles_mapping.yml at a moment. */
export interface MappingState extends FileContent {
  readonly tag: string
}

/** What became of an edit. */
export interface EditedMapping {
  readonly before: ReadonlyMap<string, RoleEntry>
  readonly after: ReadonlyMap<string, RoleEntry>
  /** Empty where nothing had to be done, or only comments changed. */
  readonly changes: readonly ChangedRole[]
  readonly tag: string
  readonly warnings: readonly Problem[]
}

/** A mapping that the loader does not take: with every problem, as `check` prints them. */
export class MappingRefused extends AdminProblem {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const [first] = errorsOf(problems)
    super(400, 'mapping_invalid', first === undefined ? 'the mapping cannot be used' : `line ${first.line}: ${first.message}`, {
      hint: first?.hint,
    })
    this.problems = problems
  }
}

/** Somebody else writes the file all the time: after so many of their changes the edit is given up, with nothing lost. */
const ATTEMPTS = 10

/** Reads and writes the configured roles_mapping.yml: one edit at a time, and none over what somebody else has written meanwhile. */
export class MappingStore {
  readonly #context: AdministrationContext
  #last: Promise<unknown> = Promise.resolve()

  constructor(context: AdministrationContext) {
    this.#context = context
  }

  /** Throws AdminProblem 409 where no file is configured, or it cannot be read. */
  state(): MappingState {
    const { rolesMapping } = this.#context.inForce().settings
    if (rolesMapping === null) {
      throw new AdminProblem(409, 'mapping_not_configured', 'no mapping file is configured, so there is nothing to write to', {
        hint: 'set `roles_mapping` in the configuration',
      })
    }
    const content = readContent(rolesMapping)
    return { ...content, tag: tagOf(content.text) }
  }

  /** The roles in the file, which are those in force once it was loaded; none where no file is configured. */
  read(): { readonly roles: Map<string, RoleEntry>; readonly tag: string } {
    if (this.#context.inForce().settings.rolesMapping === null) return { roles: new Map(), tag: tagOf('') }
    const state = this.state()
    return { roles: rolesIn(state), tag: state.tag }
  }

  /** Changes roles, keeping comments and order of all else. `change` sees what is there, maybe several times, and throws to refuse. */
  async edit(change: (roles: ReadonlyMap<string, RoleEntry>, state: MappingState) => RoleChanges, caller: Caller): Promise<EditedMapping> {
    return this.rewrite((state) => {
      const roles = rolesIn(state)
      return editRoles(state.text, state.file, change(roles, state))
    }, caller)
  }

  /**
   * Makes another text of the file, in force when this resolves. The entry in the audit log is on disk before the change is. Throws
   * AdminProblem, with the file as it was: 400 where the loader refuses the text, 403 where the caller may not write it when it is their
   * turn, 409 and 507 where it cannot be written.
   */
  async rewrite(change: (state: MappingState) => string, caller: Caller): Promise<EditedMapping> {
    const edited = this.#last.then(() => this.#rewrite(change, caller))
    this.#last = edited.catch(() => undefined)
    return edited
  }

  async #rewrite(change: (state: MappingState) => string, caller: Caller): Promise<EditedMapping> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const state = this.state()
      const permit = () => mayDo(this.#context, caller, 'policy', { action: 'mapping.edit', target: state.file })
      permit()
      // Each of these steps may take a while: between them others get their turn.
      const before = oldRoles(state)
      await setImmediate()
      const text = change(state)
      await setImmediate()
      const { problems } = await judgeMapping(text, state.file, this.#context.inForce(), this.#context.authority())
      if (errorsOf(problems).length > 0) throw new MappingRefused(problems)
      await setImmediate()
      const after = readRoles(text, state.file)
      // From here to the renamed file nothing is waited for.
      if (this.#context.inForce().settings.rolesMapping !== state.file) continue
      permit()
      const edited = { before, after, changes: changedRoles(before, after), tag: tagOf(text), warnings: problems }
      if (text === state.text && state.bytes !== null) return edited
      if (await this.#replace(state, text, edited, caller.actor)) return edited
    }
    throw new AdminProblem(409, 'mapping_busy', 'the mapping file is being changed elsewhere all the time', { hint: 'try again' })
  }

  /** False, with the file as somebody else made it: it was written since it was read. */
  async #replace(state: MappingState, text: string, { changes, tag }: EditedMapping, actor: Actor): Promise<boolean> {
    const { store } = this.#context
    const replacement = new Replacement(state, text)
    try {
      const roles = auditedChanges(changes)
      const details = { before: state.bytes === null ? null : state.tag, after: tag, roles }
      const entry = store.audit.append({ action: 'mapping.edit', target: state.file, details }, actor)
      const undone = (reason: string) => this.#auditUndone(entry.sequence, state.file, reason, actor)
      let isWritten = false
      try {
        // The store's lock keeps out other processes that administer the same gateway.
        isWritten = store.write(() => replacement.commit())
      } catch (error) {
        undone('the file could not be written')
        throw error
      }
      if (!isWritten) {
        undone('the file was changed elsewhere meanwhile: the edit is made anew')
        return false
      }
      const taken = await this.#takeUp(actor)
      if (taken.outcome === 'failed') {
        undone(taken.message)
        await this.#putBack(replacement, state.file, actor)
        throw notTakenUp(taken, state.file)
      }
      const made = changes.map(({ role, change }) => ({ role, change }))
      const data = { by: actor.name, page: pageMark(), tag, changes: made.slice(0, 100), total: made.length }
      this.#context.announce({ kind: 'mapping', data })
      return true
    } finally {
      replacement.dispose()
    }
  }

  async #takeUp(by: Actor): Promise<TakenUp> {
    try {
      return await this.#context.reload(by)
    } catch (error) {
      return { outcome: 'failed', message: error instanceof Error ? error.message : String(error), problems: [] }
    }
  }

  async #putBack(replacement: Replacement, file: string, by: Actor): Promise<void> {
    try {
      replacement.undo()
    } catch (error) {
      throw new AdminProblem(500, 'mapping_not_restored', `${file} could not be put back: it holds a mapping that is not in force`, {
        hint: 'write it anew; the gateway goes on with what it had',
        cause: error,
      })
    }
    // So that status and metrics speak of the file as it is.
    await this.#takeUp(by)
  }

  /** The change was announced in the log and not kept. Where even that cannot be written, the log says too much, never too little. */
  #auditUndone(sequence: number, file: string, reason: string, actor: Actor): void {
    try {
      this.#context.store.audit.append({ action: 'mapping.undo', target: file, details: { undoes: sequence, reason } }, actor)
    } catch {
      // Whoever asked is told of the failure itself.
    }
  }
}

/** Throws AdminProblem 409 for a file that only a person can mend. */
function rolesIn({ text, file }: FileContent): Map<string, RoleEntry> {
  try {
    return readRoles(text, file)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const [first] = errorsOf(error.problems)
    throw new AdminProblem(409, 'mapping_unusable', `${file} cannot be used as it stands: line ${first?.line}: ${first?.message}`, {
      hint: 'mend it there, or write it as a whole: PUT /api/v1/mapping.yml',
      cause: error,
    })
  }
}

/** A whole new text may well replace one that cannot be read. */
function oldRoles({ text, file }: FileContent): Map<string, RoleEntry> {
  try {
    return readRoles(text, file)
  } catch (error) {
    if (error instanceof ConfigError) return new Map()
    throw error
  }
}

function notTakenUp({ message, problems }: TakenUp, file: string): AdminProblem {
  const known = problems as readonly Problem[]
  if (errorsOf(known).some((problem) => problem.file === file)) return new MappingRefused(known)
  return new AdminProblem(409, 'reload_failed', `the mapping was not changed, because the gateway cannot load its files now: ${message}`, {
    hint: "see 'certgate check'",
  })
}

/** What an editor of roles says, in the words of administration; anything else is thrown on. */
export function editProblem(error: unknown): AdminProblem | null {
  if (!(error instanceof RoleEditError)) return null
  const status = error.kind === 'missing' ? 404 : error.kind === 'file' ? 409 : 400
  return new AdminProblem(status, `mapping_${error.kind}`, error.message, { hint: error.hint, cause: error })
}
