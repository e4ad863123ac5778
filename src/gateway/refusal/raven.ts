import type { ClientRefusal, RefusalBody } from './refusal.ts'

const OTHER = 'Raven.Client.Exceptions.RavenException'

/** Exception types that RavenDB's clients know and raise again. */
const TYPES: ReadonlyMap<number, string> = new Map([
  [400, 'Raven.Client.Exceptions.BadRequestException'],
  [404, 'Raven.Client.Exceptions.Routing.RouteNotFoundException'],
  [408, 'System.TimeoutException'],
  [413, 'Raven.Client.Exceptions.BadRequestException'],
  [431, 'Raven.Client.Exceptions.BadRequestException'],
  [504, 'System.TimeoutException'],
])

/**
 * RavenDB's two shapes: `{Type: "InvalidAuth", Message}` for who may not (its `UnlikelyFailAuthorization`), and
 * `{Url, Type, Message, Error}` for everything else.
 */
export function ravenJson({ code, status, detail, advice, requestId, path }: ClientRefusal): RefusalBody {
  const message = `${detail.slice(0, 1).toUpperCase()}${detail.slice(1)}. ${advice} (${code})`
  const type = TYPES.get(status) ?? OTHER
  const body =
    status === 401 || status === 403
      ? { Type: 'InvalidAuth', Message: message }
      : { Url: path, Type: type, Message: message, Error: `${type}: ${message} request id ${requestId}` }
  return { contentType: 'application/json; charset=utf-8', text: JSON.stringify(body) }
}
