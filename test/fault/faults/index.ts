import type { Fault } from '../harness/types.ts'
import { controlKill } from './control-kill.ts'
import { workerKill } from './worker-kill.ts'

/** In the order of `npm run fault -- all`. */
export const FAULTS: readonly Fault[] = [workerKill, controlKill]
