import type { RawClient } from '../support/raw-client.ts'
import { readResponses } from './responses.ts'

/** How long an answer is waited for between two steps, as the vectors ask. */
const STEP = 200
/** A refused connection has to be closed by the gateway within this. */
const CLOSE = 4000

/** What one connection of a case said and heard. */
export interface Conversation {
  /** Every byte that came back. */
  readonly received: string
  /** The gateway closed the connection before the client closed anything. */
  readonly closedByGateway: boolean
  /** The connection was over in the end. */
  readonly ended: boolean
}

/**
 * Writes each step, waits for its answer or 200 ms, and closes the connection gently once nothing more comes. `ping` resolves once the gateway
 * has done something else for somebody else: by then it has also read what this client sent, however busy the machine is.
 */
export async function converse(client: RawClient, steps: readonly Buffer[], ping: () => Promise<void>): Promise<Conversation> {
  for (const step of steps) {
    if (client.ended) break
    const before = readResponses(client.text).responses.length
    client.send(step)
    await settle(client, STEP, () => readResponses(client.text).responses.length > before)
  }
  await quiet(client, ping)
  const announced = /^connection: close\r$/im.test(client.text)
  if (announced) await settle(client, CLOSE, () => false)
  const closedByGateway = client.ended
  if (!closedByGateway) client.socket.end()
  await settle(client, CLOSE, () => false)
  const { ended } = client
  client.close()
  return { received: client.text, closedByGateway, ended }
}

/** Resolves once `done`, or the connection has ended, or the time is over: none of these is a failure here. */
async function settle(client: RawClient, timeout: number, done: () => boolean): Promise<void> {
  if (client.ended || done()) return
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      clearTimeout(timer)
      client.socket.off('data', check)
      for (const event of ['end', 'close', 'error']) client.socket.off(event, finish)
      resolve()
    }
    const check = (): void => {
      if (done()) finish()
    }
    const timer = setTimeout(finish, timeout)
    client.socket.on('data', check)
    for (const event of ['end', 'close', 'error']) client.socket.on(event, finish)
  })
}

async function quiet(client: RawClient, ping: () => Promise<void>): Promise<void> {
  for (;;) {
    const { length } = client.text
    await ping()
    await ping()
    if (client.ended || client.text.length === length) return
  }
}
