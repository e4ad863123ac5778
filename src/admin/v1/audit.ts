import { AUDIT_ACTIONS, actionsLike } from '../../store/audit-actions.ts'
import { json } from '../answers.ts'
import type { AdministrationContext } from '../context.ts'
import { mayRead, mayReadOn } from '../permission.ts'
import { malformed } from '../problem.ts'
import type { RouteEntry } from '../route-table.ts'
import type { ApiRequest, ApiResponse } from '../types.ts'
import type { UnderWay } from '../under-way.ts'
import { given, QueryParameters } from './parameters.ts'
import { auditShape } from './shapes.ts'

const FILTER = ['text', 'action', 'actor', 'target', 'since', 'until']
const LONGEST_TEXT = 200

/** The audit log: a page, all of it as it is hashed, and whether it is as it was written. */
export function auditRoutes(context: AdministrationContext, underWay: UnderWay): readonly RouteEntry[] {
  return [
    { method: 'GET', path: '/api/v1/audit', readsQuery: true, answer: (request) => page(context, request, underWay) },
    { method: 'GET', path: '/api/v1/audit/export', readsQuery: true, answer: (request) => exported(context, request) },
    {
      method: 'GET',
      path: '/api/v1/audit/verify',
      readsQuery: true,
      answer: (request) => underWay.run(request.caller, () => verified(context, request)),
    },
  ]
}

/** The newest first, unless `after` asks for what came next. */
async function page({ store }: AdministrationContext, { caller, query }: ApiRequest, underWay: UnderWay): Promise<ApiResponse> {
  mayRead(caller)
  const parameters = new QueryParameters(query, ['after', 'before', 'limit', ...FILTER])
  const [after, before] = [parameters.whole('after'), parameters.whole('before')]
  const newest = after === undefined && before === undefined ? Number.MAX_SAFE_INTEGER : before
  const limit = parameters.whole('limit', 1_000) ?? 100
  if (limit === 0) return json(200, { entries: [], head: store.audit.head(), next: null })
  const head = store.audit.head()
  const asked = { ...given({ after, before: newest, text: textOf(parameters) }), limit, filter: filterOf(parameters) }
  const search = () => store.audit.search(asked)
  // Without words it reads no more than it tells.
  const { entries, next } = await (asked.text === undefined ? search() : underWay.run(caller, search))
  return json(200, { entries: entries.map(auditShape), head, next })
}

/** The lines themselves: `certgate audit verify` and verifyExport read them anywhere. */
function exported(context: AdministrationContext, { caller, query }: ApiRequest): ApiResponse {
  mayRead(caller)
  const { store } = context
  const parameters = new QueryParameters(query, ['after', ...FILTER])
  const lines = store.audit.export({
    ...given({ after: parameters.whole('after'), text: textOf(parameters) }),
    filter: filterOf(parameters),
  })
  const headers = { 'Content-Type': 'application/x-ndjson', 'Content-Disposition': 'attachment; filename="audit.ndjson"' }
  return { status: 200, headers, body: inBlocks(lines, () => mayReadOn(context, caller)) }
}

/** Lines sent one by one would cost more than reading them. `check` throws before a block that may not be sent any more. */
async function* inBlocks(lines: AsyncIterable<string>, check: () => void): AsyncGenerator<string, void, undefined> {
  let block = ''
  for await (const line of lines) {
    block += `${line}\n`
    if (block.length < 32_768) continue
    check()
    yield block
    block = ''
  }
  check()
  if (block !== '') yield block
}

async function verified({ store }: AdministrationContext, { caller, query }: ApiRequest): Promise<ApiResponse> {
  mayRead(caller)
  const head = new QueryParameters(query, ['head']).text('head')
  if (head !== undefined && !/^[0-9a-f]{64}$/i.test(head))
    throw malformed('head is no hash', 'give the 64 hex digits of a head that you noted')
  return json(200, await store.audit.verify(head === undefined ? {} : { expectedHead: head }))
}

/** Words in any order, anywhere in an entry. */
function textOf(parameters: QueryParameters): string | undefined {
  const text = parameters.text('text')
  if (text !== undefined && text.length > LONGEST_TEXT) throw malformed(`text is longer than ${LONGEST_TEXT} characters`)
  return text === '' ? undefined : text
}

function filterOf(parameters: QueryParameters) {
  const action = parameters.text('action')
  // An empty page would say that it never happened.
  if (action !== undefined && actionsLike(action).length === 0)
    throw malformed(`there is no action ${JSON.stringify(action.slice(0, 100))}`, `there are ${AUDIT_ACTIONS.join(', ')}`)
  return given({
    action,
    actor: parameters.text('actor'),
    target: parameters.text('target'),
    since: parameters.time('since'),
    until: parameters.time('until'),
  })
}
