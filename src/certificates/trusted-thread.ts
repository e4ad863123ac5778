/** The program of the thread that `readTrustedApart` starts: one file, one answer. */
import { parentPort, workerData } from 'node:worker_threads'
import { IssuanceError } from './issuance-error.ts'
import type { ThreadAnswer, ThreadOrder } from './trusted-apart.ts'
import { readTrustedCertificates } from './trusted-certificates.ts'

function answer({ bytes, password, now }: ThreadOrder): ThreadAnswer {
  try {
    const { leaves, authorities } = readTrustedCertificates(Buffer.from(bytes), password, now)
    return { leaves: leaves.map(({ raw }) => raw), authorities: authorities.map(({ raw }) => raw) }
  } catch (error) {
    if (!(error instanceof IssuanceError)) throw error
    const { field, message, hint } = error
    return { refused: { field, message, hint } }
  }
}

parentPort?.postMessage(answer(workerData as ThreadOrder))
