import type { Fault } from '../harness/types.ts'
import { clientStall } from './client-stall.ts'
import { controlKill } from './control-kill.ts'
import { idle } from './idle.ts'
import { reloadStorm } from './reload-storm.ts'
import { reloads } from './reloads.ts'
import { rolling } from './rolling.ts'
import { soak } from './soak.ts'
import { upstreamStall } from './upstream-stall.ts'
import { workerKill } from './worker-kill.ts'

/** In the order of `npm run fault -- all`. */
export const FAULTS: readonly Fault[] = [workerKill, controlKill, upstreamStall, clientStall, idle, reloads, reloadStorm, rolling, soak]
