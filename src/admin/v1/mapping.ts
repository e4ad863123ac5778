import type { Problem } from '../../errors.ts'
import { json } from '../answers.ts'
import type { AdministrationContext } from '../context.ts'
import { problemResponse } from '../family.ts'
import { affectedBy } from '../mapping/affected.ts'
import { checkPreconditions, isKnown } from '../mapping/entity-tag.ts'
import { errorsOf, judgeMapping } from '../mapping/judge-mapping.ts'
import { MappingRefused, type MappingStore } from '../mapping/mapping-store.ts'
import { mayDo, mayRead } from '../permission.ts'
import { type AdminProblem, malformed } from '../problem.ts'
import type { RouteEntry } from '../route-table.ts'
import type { ApiRequest, ApiResponse } from '../types.ts'
import { objectOf } from './shapes.ts'

const YAML = 'application/yaml; charset=utf-8'

/** The mapping as a whole: its roles, and its file as somebody wrote it. */
export function mappingRoutes(context: AdministrationContext, mappings: MappingStore): readonly RouteEntry[] {
  const api = new MappingV1(context, mappings)
  return [
    { method: 'GET', path: '/api/v1/mapping', answer: (request) => api.roles(request) },
    { method: 'GET', path: '/api/v1/mapping.yml', answer: (request) => api.text(request) },
    { method: 'PUT', path: '/api/v1/mapping.yml', answer: (request) => api.write(request) },
    { method: 'POST', path: '/api/v1/mapping/validate', answer: (request) => api.validate(request) },
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
    const text = utf8(request.body)
    try {
      const { changes, tag, warnings } = await this.#mappings.rewrite((state) => {
        checkPreconditions(request, state.bytes === null ? null : state.tag)
        return text
      }, request.caller)
      return json(200, { changes: changes.map(({ role, change }) => ({ role, change })), warnings }, { ETag: tag })
    } catch (error) {
      if (error instanceof MappingRefused) return withProblems(error, error.problems, request.path)
      throw error
    }
  }

  async validate({ caller, body }: ApiRequest): Promise<ApiResponse> {
    mayRead(caller)
    const inForce = this.#context.inForce()
    const file = inForce.settings.rolesMapping ?? 'roles_mapping.yml'
    const { problems, policy } = await judgeMapping(utf8(body), file, inForce, this.#context.authority())
    const affected = policy === null ? null : await affectedBy(policy, this.#context)
    return json(200, { ok: errorsOf(problems).length === 0, problems, affected })
  }
}

function unmodified(tag: string): ApiResponse {
  return { status: 304, headers: { ETag: tag }, body: null }
}

function utf8(body: Uint8Array): string {
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
