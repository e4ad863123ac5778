import { setTimeout as wait } from 'node:timers/promises'
import type { Entrant, MemoryCase } from './cases/types.ts'
import type { Contender } from './lab/lab.ts'
import { type Memory, memoryOf } from './lab/processes.ts'
import type { Generator } from './load/generator.ts'
import type { MemoryRow } from './outcome.ts'
import { type Point, slope } from './statistics.ts'

/** Time for buffers to be given back and garbage to be collected, in milliseconds. */
const SETTLE = 1_500
/** The heap of a process that has just started still grows by itself: so many connections come and go first. */
const REHEARSAL = 500

interface Sample {
  readonly connections: number
  readonly memory: Memory
}

export interface MemoryReport {
  readonly row: MemoryRow
  readonly problems: readonly string[]
}

/** Opens connections step by step, one request each, and fits a line through the memory at each step. */
export async function measureMemory(one: MemoryCase, contender: Contender, generator: Generator): Promise<MemoryReport> {
  const { entrant, child, port } = contender
  const most = one.steps.at(-1) ?? 0
  const problems: string[] = []
  await rehearse(one, contender, generator)
  await wait(SETTLE)
  const atStart = memoryOf(child.tree())
  const held = generator.hold(port, most, one.workload)
  const samples: Sample[] = []
  try {
    for (const step of one.steps) {
      const { holding, errors, not200 } = await held.grow(step)
      await wait(SETTLE)
      child.assertAlive()
      if (errors > 0 || not200 > 0) {
        problems.push(`${one.name}: ${entrant.label}: ${errors} errors and ${not200} answers other than 200 at ${holding} connections`)
      }
      samples.push({ connections: holding, memory: memoryOf(child.tree()) })
    }
  } finally {
    await held.release()
  }
  return { row: memoryRow(entrant, atStart, samples), problems }
}

async function rehearse(one: MemoryCase, { port }: Contender, generator: Generator): Promise<void> {
  const held = generator.hold(port, REHEARSAL, one.workload)
  try {
    await held.grow(REHEARSAL)
  } finally {
    await held.release()
  }
}

function memoryRow({ label }: Entrant, atStart: Memory, samples: readonly Sample[]): MemoryRow {
  const points = (pick: (memory: Memory) => number): Point[] =>
    samples.map(({ connections, memory }) => ({ x: connections, y: pick(memory) }))
  return {
    label,
    perConnection: slope(points(({ pss }) => pss)),
    privatePerConnection: slope(points((memory) => memory.private)),
    atStart: atStart.pss,
    points: points(({ pss }) => pss),
  }
}
