/** A client's strict reading of what a connection answered. */

export interface ClientResponse {
  readonly status: number
  readonly head: string
  readonly body: string
  value(name: string): string | undefined
}

export interface ClientReading {
  /** Final responses, in order. */
  readonly responses: readonly ClientResponse[]
  /** What no response accounts for. */
  readonly rest: string
}

/** Reads responses one after the other; `methods` are those of the requests they answer, in the same order, GET where unknown. */
export function readResponses(text: string, methods: readonly string[] = []): ClientReading {
  const responses: ClientResponse[] = []
  let at = 0
  for (;;) {
    const read = readResponse(text, at, methods[responses.length] ?? 'GET')
    if (read === null) return { responses, rest: text.slice(at) }
    at = read.end
    if (read.response.status >= 200 || read.response.status === 101) responses.push(read.response)
  }
}

function readResponse(text: string, start: number, method: string): { response: ClientResponse; end: number } | null {
  const headEnd = text.indexOf('\r\n\r\n', start)
  if (headEnd < 0) return null
  const head = text.slice(start, headEnd + 4)
  const [line = '', ...lines] = head.slice(0, -4).split('\r\n')
  const match = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(line)
  if (match === null) return null
  const status = Number(match[1])
  const headers = lines.map((field) => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 1).trim()])
  const value = (name: string): string | undefined => headers.find(([key]) => key === name)?.[1]
  const bodiless = method === 'HEAD' || status < 200 || status === 204 || status === 304
  const length = bodiless ? 0 : Number(value('content-length') ?? Number.NaN)
  const end = headEnd + 4 + length
  if (!Number.isInteger(end) || end > text.length) return null
  return { response: { status, head, body: text.slice(headEnd + 4, end), value }, end }
}
