import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { BenchError } from './errors.ts'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly kernel: string
}

/** Where the contenders run and where everything that loads them runs. */
export interface Cores {
  readonly contenders: number
  readonly generators: number
}

export function describeMachine(): Machine {
  const list = cpus()
  return {
    cpu: list[0]?.model.trim() ?? 'unknown',
    cores: list.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `Linux ${release()}`,
  }
}

/** The first two processors this process may use. Throws BenchError where there is only one, or no Linux. */
export function chooseCores(): Cores {
  const [contenders, generators] = allowedProcessors()
  if (contenders === undefined || generators === undefined) {
    throw new BenchError('two processors are needed', 'contenders run on one, generators and upstream on the other')
  }
  return { contenders, generators }
}

/** Throws BenchError where there is no Linux to ask. */
export function allowedProcessors(): number[] {
  let status: string
  try {
    status = readFileSync('/proc/self/status', 'utf8')
  } catch (cause) {
    throw new BenchError('/proc is not there', 'the bench runs on Linux', { cause })
  }
  return parseCpuList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '')
}

/** `0-2,5` is 0, 1, 2 and 5. */
export function parseCpuList(text: string): number[] {
  if (text === '') return []
  return text.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number)
    if (first === undefined || last === undefined) return []
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}
