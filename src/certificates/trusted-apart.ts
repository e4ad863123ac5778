import { X509Certificate } from 'node:crypto'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { IssuanceError, type IssuanceField } from './issuance-error.ts'
import { isPfx, readTrustedCertificates, type TrustedCertificates } from './trusted-certificates.ts'

export interface ThreadOrder {
  readonly bytes: Uint8Array
  readonly password: string | null
  readonly now: number
}

export type ThreadAnswer =
  | { readonly leaves: readonly Uint8Array[]; readonly authorities: readonly Uint8Array[] }
  | { readonly refused: { readonly field: IssuanceField; readonly message: string; readonly hint: string | undefined } }

/** Milliseconds for all of one file: many times what the most rounds of key derivation take, as the machine may be busy. */
const PATIENCE = 60_000
const MOST_MEGABYTES = 128
/** TypeScript in a checkout, JavaScript in a package. */
const PROGRAM = new URL(`./trusted-thread${extname(import.meta.url)}`, import.meta.url)

let last: Promise<unknown> = Promise.resolve()

/**
 * As `readTrustedCertificates`, for what others hand in: a PFX, which may ask for seconds of key derivation, is read in a thread of its
 * own, one at a time, with limits on time and memory. Files with the 600,000 rounds of today's tools would else either be
 * refused or hold up everybody.
 */
export async function readTrustedApart(bytes: Buffer, password: string | null, now: number): Promise<TrustedCertificates> {
  if (!isPfx(bytes)) return readTrustedCertificates(bytes, password, now)
  const read = last.then(() => inThread({ bytes, password, now }))
  last = read.catch(() => {})
  const answer = await read
  if ('refused' in answer) throw new IssuanceError(answer.refused.field, answer.refused.message, answer.refused.hint)
  const parsed = (list: readonly Uint8Array[]) => list.map((der) => new X509Certificate(der))
  return { leaves: parsed(answer.leaves), authorities: parsed(answer.authorities) }
}

/** Settles when the thread has ended, so that there is never another beside it. Rejects with IssuanceError where it has no answer. */
function inThread(order: ThreadOrder): Promise<ThreadAnswer> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(PROGRAM, { workerData: order, resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES } })
    let answer: ThreadAnswer | null = null
    let cause: unknown
    const timer = setTimeout(() => void thread.terminate(), PATIENCE)
    thread.once('message', (told: ThreadAnswer) => {
      answer = told
    })
    thread.once('error', (error) => {
      cause = error
    })
    thread.once('exit', () => {
      clearTimeout(timer)
      if (answer !== null) resolve(answer)
      else reject(new IssuanceError('request', 'the PFX file takes too much time or memory to read, or is damaged', undefined, cause))
    })
  })
}
