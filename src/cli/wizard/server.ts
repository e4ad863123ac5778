import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { formatAddress } from '../../control/listening/sockets.ts'
import { CertgateError } from '../../errors.ts'
import { escapeHtml } from '../../gateway/refusal/html-page.ts'
import { goTo, htmlAnswer, type WizardAnswer } from './answer.ts'
import { LARGEST_FORM, readForm } from './form.ts'
import { POLICY, page } from './page.ts'
import { Session } from './session.ts'
import type { WizardRequest } from './wizard.ts'

export interface WizardServerOptions {
  /** 0: a free one. */
  readonly port: number
  answer(request: WizardRequest): Promise<WizardAnswer>
  /** A browser came with the token. */
  opened(): void
  /** Nobody asked anything for the whole time. */
  timedOut(): void
}

export interface WizardServer {
  /** With the token in it. */
  readonly url: string
  /** Accepts nobody any more; what is being answered is answered. */
  close(): void
}

/** Milliseconds without a request of the browser that it belongs to. */
export const PATIENCE = 15 * 60_000

const HOST = '127.0.0.1'

/**
 * A web server for one browser on this machine. Everything about a request is checked before its content is looked at: that it was meant
 * for this very address (a name that leads here is another web site's), by whom, and that no other site made the browser send it.
 */
export async function startWizardServer(options: WizardServerOptions): Promise<WizardServer> {
  const session = new Session()
  const server = createServer({ maxHeaderSize: 16 * 1024, headersTimeout: 10_000, requestTimeout: 60_000 })
  await listen(server, options.port)
  const { port } = server.address() as AddressInfo
  let timer = setTimeout(options.timedOut, PATIENCE)
  const heard = () => {
    clearTimeout(timer)
    timer = setTimeout(options.timedOut, PATIENCE)
  }
  server.on('request', (request, response) => {
    void answerOne({ ...options, authority: `${HOST}:${port}`, session, heard }, request, response)
  })
  return {
    url: `http://${HOST}:${port}/${session.token}`,
    close() {
      clearTimeout(timer)
      server.close()
      server.closeIdleConnections()
    },
  }
}

async function listen(server: Server, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(port, HOST, resolve)
  try {
    await promise
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const why = code === 'EADDRINUSE' ? 'another program already listens there' : (code ?? String(cause))
    throw new CertgateError('address_unavailable', `cannot listen on ${formatAddress(HOST, port)}: ${why}`, {
      cause,
      hint: 'choose another --port, or none',
    })
  }
}

/** A page and no redirect: a link in another page (a terminal in a browser, say) leads here, and a redirect would go on without the cookie. */
const welcome = (first: string): string =>
  page({
    title: 'Set up certgate',
    content:
      '<p>certgate stands in front of a service and lets in who has a client certificate. The next pages ask for what it needs, make its ' +
      'certificates and its configuration, and start it.</p><p>They belong to this browser now, and nothing is written before the last of them.</p>' +
      `<div class="actions"><a class="button" href="${first}">Begin</a></div>`,
  })

/**
 * With a way on for the one that they do belong to: a link from another site brings no cookie, one from here does. `first` null: whoever asks
 * does not know where they are.
 */
const notYours = (first: string | null): string =>
  page({
    title: 'Not yours',
    content:
      '<p>These pages belong to the first browser that opened the address in the terminal. Start the setup again to use another.</p>' +
      (first === null ? '' : `<p>In that very browser, <a href="${first}">go on here</a>.</p>`),
  })

interface Surroundings extends WizardServerOptions {
  /** What Host has to be. */
  readonly authority: string
  readonly session: Session
  heard(): void
}

async function answerOne(surroundings: Surroundings, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let answer: WizardAnswer
  try {
    answer = refusal(surroundings, request) ?? (await accept(surroundings, request))
  } catch (error) {
    answer = plain(
      500,
      'Something went wrong',
      `${error instanceof Error ? error.message : String(error)}. The terminal has the wizard still.`,
    )
  }
  send(answer, request, response)
}

/** What is answered to a request that is not the browser's own; null: it is. */
function refusal({ authority, session }: Surroundings, request: IncomingMessage): WizardAnswer | null {
  const { method, headers } = request
  if (headers.host !== authority) return plain(421, 'Wrong address', `Open http://${authority} as the terminal shows it.`)
  if (method !== 'GET' && method !== 'POST')
    return { ...plain(405, 'Not done here', 'These pages are read, and forms are sent.'), headers: { Allow: 'GET, POST' } }
  const site = headers['sec-fetch-site']
  const foreign = site !== undefined && site !== 'same-origin' && site !== 'none'
  if (method === 'POST' && (foreign || headers.origin !== `http://${authority}`))
    return plain(403, 'Sent by another site', 'This form was not sent by these pages, and nothing was taken from it.')
  if (session.owns(headers.cookie) || (method === 'GET' && !session.isOpen)) return null
  return htmlAnswer(403, notYours(session.placeOf(pathOf(request)) === null ? null : firstOf(session)))
}

async function accept({ session, heard, opened, answer }: Surroundings, request: IncomingMessage): Promise<WizardAnswer> {
  const { method = '', headers } = request
  const path = pathOf(request)
  if (!session.isOpen) {
    const cookie = session.exchange(path)
    if (cookie === null) return plain(403, 'Not this address', 'Open the whole address that the terminal shows.')
    heard()
    opened()
    return htmlAnswer(200, welcome(firstOf(session)), { 'Set-Cookie': cookie })
  }
  heard()
  const place = session.placeOf(path)
  if (place === null) return plain(403, 'Not this address', 'The pages of the setup are below the address that the terminal shows.')
  // Its own browser, which loads the first page again.
  if (place === '') return goTo(firstOf(session))
  const body = method === 'POST' ? await readBody(request) : null
  if (method === 'POST' && body === null) return plain(413, 'Too large', `A form holds at most ${LARGEST_FORM / 1024} KiB.`)
  const form = body === null ? null : await readForm(headers['content-type'] ?? '', body)
  const told = await answer({ method, path: place, userAgent: headers['user-agent'] ?? '', form })
  const { Location: to } = told.headers
  return to === undefined ? told : { ...told, headers: { ...told.headers, Location: `/${session.token}${to}` } }
}

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] ?? ''

/** Below the address of the terminal, as all pages are: their links to each other are relative. */
const firstOf = ({ token }: Session): string => `/${token}/`

/** null: it is larger than any form here. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length <= LARGEST_FORM) chunks.push(chunk)
  }
  return length > LARGEST_FORM ? null : Buffer.concat(chunks)
}

function plain(status: number, title: string, text: string): WizardAnswer {
  return htmlAnswer(status, page({ title, content: `<p>${escapeHtml(text)}</p>` }))
}

function send({ status, headers, body, sent, brokeOff }: WizardAnswer, request: IncomingMessage, response: ServerResponse): void {
  // What was not read of a refused body goes with the connection.
  response.shouldKeepAlive = false
  if (!request.complete) request.resume()
  let whole = false
  response.once('finish', () => {
    whole = true
    sent?.()
  })
  response.once('close', () => {
    if (!whole) brokeOff?.()
  })
  response.writeHead(status, {
    ...headers,
    'Content-Length': String(Buffer.byteLength(body)),
    'Content-Security-Policy': POLICY,
    // With no-referrer a browser calls the Origin of our own forms null.
    'Referrer-Policy': 'same-origin',
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  })
  response.end(body)
}
