import { editRoles, type RoleChanges, readRoles } from '../../config/mapping-editor.ts'
import { type RoleEntry, readRoleEntry } from '../../config/role-entry.ts'
import { ConfigError, type Problem } from '../../errors.ts'
import { json } from '../answers.ts'
import type { AdministrationContext } from '../context.ts'
import { problemResponse } from '../family.ts'
import { Fields } from '../fields.ts'
import { affectedBy } from '../mapping/affected.ts'
import { changedRoles } from '../mapping/changed-roles.ts'
import { checkPreconditions, isKnown } from '../mapping/entity-tag.ts'
import { errorsOf, judgeMapping } from '../mapping/judge-mapping.ts'
import { editProblem, MappingRefused, type MappingState, type MappingStore } from '../mapping/mapping-store.ts'
import { mayDo, mayRead } from '../permission.ts'
import { AdminProblem, malformed } from '../problem.ts'
import type { RouteEntry } from '../route-table.ts'
import type { ApiRequest, ApiResponse } from '../types.ts'
import type { UnderWay } from '../under-way.ts'
import { QueryParameters } from './parameters.ts'
import { objectOf } from './shapes.ts'

const YAML = 'application/yaml; charset=utf-8'

/** The mapping as a whole: its roles, and its file as somebody wrote it. */
export function mappingRoutes(context: AdministrationContext, mappings: MappingStore, underWay: UnderWay): readonly RouteEntry[] {
  const api = new MappingV1(context, mappings)
  return [
    { method: 'GET', path: '/api/v1/mapping', answer: (request) => api.roles(request) },
    { method: 'GET', path: '/api/v1/mapping.yml', answer: (request) => api.text(request) },
    { method: 'PUT', path: '/api/v1/mapping.yml', answer: (request) => api.write(request) },
    {
      method: 'POST',
      path: '/api/v1/mapping/validate',
      readsQuery: true,
      answer: (request) => underWay.run(request.caller, () => api.validate(request)),
    },
    { method: 'POST', path: '/api/v1/mapping/preview', answer: (request) => underWay.run(request.caller, () => api.preview(request)) },
  ]
}

class MappingV1 {
  readonly #context: AdministrationContext
  readonly #mappings: MappingStore

  constructor(context: AdministrationContext, mappings: MappingStore) {
    this.#context = context
    this.#mappings = mappings
  }

  roles(request: ApiRequest): ApiResponse {
    mayRead(request.caller)
    const { roles, tag } = this.#mappings.read()
    return isKnown(request, tag) ? unmodified(tag) : json(200, { roles: objectOf(roles) }, { ETag: tag })
  }

  text(request: ApiRequest): ApiResponse {
    mayRead(request.caller)
    const { text, tag } = this.#mappings.state()
    if (isKnown(request, tag)) return unmodified(tag)
    return { status: 200, headers: { 'Content-Type': YAML, ETag: tag }, body: text }
  }

  /** Whoever writes the file as a whole writes its reserved roles too. */
  async write(request: ApiRequest): Promise<ApiResponse> {
    mayDo(this.#context, request.caller, 'policy', { action: 'mapping.edit', target: null })
    const text = textIn(request.body)
    try {
      const { changes, tag, warnings } = await this.#mappings.rewrite((state) => {
        checkPreconditions(request, state.tag, state.bytes !== null)
        return text
      }, request.caller)
      return json(200, { changes: changes.map(({ role, change }) => ({ role, change })), warnings }, { ETag: tag })
    } catch (error) {
      if (error instanceof MappingRefused) return withProblems(error, error.problems, request.path)
      throw error
    }
  }

  async validate({ caller, body, query, signal }: ApiRequest): Promise<ApiResponse> {
    mayRead(caller)
    const affected = new QueryParameters(query, ['affected']).text('affected') ?? 'true'
    if (affected !== 'true' && affected !== 'false') throw malformed('affected is neither true nor false')
    const file = this.#context.inForce().settings.rolesMapping ?? 'roles_mapping.yml'
    return json(200, await this.#judged(textIn(body), file, affected === 'true', signal))
  }

  /** What an edit of roles would make of the file: for who wants to see it first, and then writes it as a whole. Nothing is written. */
  async preview(request: ApiRequest): Promise<ApiResponse> {
    mayRead(request.caller)
    const changes = givenChanges(request.body)
    const state = this.#mappings.state()
    checkPreconditions(request, state.tag, state.bytes !== null)
    const { text, before, after } = edited(state, changes)
    const made = changedRoles(before, after).map(({ role, change }) => ({ role, change }))
    return json(200, { text, changes: made, ...(await this.#judged(text, state.file, true, request.signal)) }, { ETag: state.tag })
  }

  async #judged(text: string, file: string, withAffected: boolean, signal: AbortSignal | undefined) {
    const { problems, policy } = await judgeMapping(text, file, this.#context.inForce(), this.#context.authority(), signal)
    const affected = policy === null || !withAffected ? null : await affectedBy(policy, this.#context, signal)
    return { ok: errorsOf(problems).length === 0, file, problems, affected }
  }
}

/** Each is looked for in the whole text. */
const MOST_ROLES = 1_000

function givenChanges(body: Uint8Array): RoleChanges {
  const pairs = Fields.of(body, ['roles']).pairs('roles') ?? []
  if (pairs.length === 0) throw malformed('roles is missing', 'by name what a role is to be; null: it goes')
  if (pairs.length > MOST_ROLES) throw malformed(`an edit is of at most ${MOST_ROLES} roles`)
  return told(() => new Map(pairs.map(([name, value]) => [name, value === null ? null : readRoleEntry(value)])))
}

function edited({ text, file }: MappingState, changes: RoleChanges) {
  return told(() => {
    const before: ReadonlyMap<string, RoleEntry> = readRoles(text, file)
    for (const role of changes.keys()) {
      if (before.get(role)?.reserved === true)
        throw new AdminProblem(403, 'reserved', `the role '${role}' is reserved`, { hint: 'change it in the file' })
    }
    const changed = editRoles(text, file, changes)
    return { text: changed, before, after: readRoles(changed, file) }
  })
}

/** Throws AdminProblem for what the editor of roles refuses. */
function told<T>(edit: () => T): T {
  try {
    return edit()
  } catch (error) {
    if (error instanceof ConfigError) throw unusable(error)
    throw editProblem(error) ?? error
  }
}

function unusable(error: ConfigError): AdminProblem {
  const [first] = errorsOf(error.problems)
  return new AdminProblem(409, 'mapping_unusable', `the mapping cannot be used as it stands: line ${first?.line}: ${first?.message}`, {
    hint: 'mend it there, or write it as a whole: PUT /api/v1/mapping.yml',
    cause: error,
  })
}

function unmodified(tag: string): ApiResponse {
  return { status: 304, headers: { ETag: tag }, body: null }
}

/** A body that was forgotten would take every role away. */
function textIn(body: Uint8Array): string {
  if (body.length === 0) throw malformed('the request has no body', 'send roles_mapping.yml as a whole; {} is one without roles')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw malformed('the body is not UTF-8 text')
  }
}

/** A problem with all that `check` would print about it. */
export function withProblems(problem: AdminProblem, problems: readonly (Problem | unknown)[], path: string): ApiResponse {
  const response = problemResponse(problem, path)
  const body = { ...(JSON.parse(String(response.body)) as object), problems }
  return { ...response, body: `${JSON.stringify(body)}\n` }
}
