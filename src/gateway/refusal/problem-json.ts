import type { ClientRefusal, RefusalBody } from './refusal.ts'

/** RFC 9457 problem details, with `code` and `request_id` as extension members. */
export function problemJson({ code, status, title, detail, requestId }: ClientRefusal): RefusalBody {
  const problem = { type: `urn:certgate:refusal:${code}`, title, status, detail, code, request_id: requestId }
  return { contentType: 'application/problem+json', text: `${JSON.stringify(problem)}\n` }
}
