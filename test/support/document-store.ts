import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Lifetime } from './lifetime.ts'

/** One request as the store received it. */
export interface StoreRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/** The part of Elasticsearch's REST interface that stores and fetches documents, in its own shapes. */
export interface DocumentStore {
  readonly url: string
  /** Every request that reached it, in order. */
  readonly requests: StoreRequest[]
  put(index: string, id: string, source: object): void
}

interface Stored {
  readonly version: number
  readonly source: unknown
}

/** Starts a store on a free port of the loopback interface; it is gone after the test. */
export async function startDocumentStore(t: Lifetime): Promise<DocumentStore> {
  const documents = new Map<string, Stored>()
  const requests: StoreRequest[] = []
  const put = (key: string, source: unknown) => {
    const stored = { version: (documents.get(key)?.version ?? 0) + 1, source }
    documents.set(key, stored)
    return stored
  }
  const server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request
    requests.push({ method, path, headers })
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const [, index = '', type = '', id = ''] = path.split('?')[0]?.split('/') ?? []
    const key = `${index}/${id}`
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' })
      response.end(JSON.stringify(body))
    }
    const name = { _index: index, _type: '_doc', _id: id }
    if (type !== '_doc' || id === '') return answer(400, { error: { type: 'illegal_argument_exception' }, status: 400 })
    const found = documents.get(key)
    if (method === 'GET') {
      if (found === undefined) return answer(404, { ...name, found: false })
      return answer(200, { ...name, _version: found.version, _seq_no: 0, _primary_term: 1, found: true, _source: found.source })
    }
    if (method === 'PUT') {
      const { version } = put(key, JSON.parse(Buffer.concat(chunks).toString()))
      return answer(found === undefined ? 201 : 200, { ...name, _version: version, result: found === undefined ? 'created' : 'updated' })
    }
    answer(405, { error: `Incorrect HTTP method for uri [${path}] and method [${method}], allowed: [GET, PUT]`, status: 405 })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    put: (index, id, source) => void put(`${index}/${id}`, source),
  }
}
