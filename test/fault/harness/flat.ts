import type { Report } from './report.ts'
import { megabytes, type Sampler } from './sampler.ts'

/** What garbage collection does to a heap from one look to the next, in bytes. */
const NOISE = 12e6
const SHARE = 0.1

/** Memory and descriptors that do not grow from the middle of a run to its end. */
export function assertFlat(report: Report, sampler: Sampler): void {
  sampler.stop()
  const { pss, descriptors, pssBefore, pssAfter } = sampler.growth()
  report.figure('memory in the middle and at the end', `${megabytes(pssBefore)}, ${megabytes(pssAfter)}`)
  report.figure('descriptors more at the end', descriptors)
  report.bound('memory is flat', pss < Math.max(NOISE, pssBefore * SHARE), `${megabytes(pssBefore)}, then ${megabytes(pssAfter)}`)
  report.bound('descriptors are flat', Math.abs(descriptors) <= 2, descriptors)
}
