import type { LoadResult } from '../../../bench/load/result.ts'
import type { DuelOutcome, DuelRow, MemoryOutcome, Results } from '../../../bench/outcome.ts'

export function loadResult(over: Partial<LoadResult> = {}): LoadResult {
  const counts = { requests: 1_000, completed: 1_100, bytes: 240_000, handshakes: 24, resumed: 0, errors: 0, not200: 0 }
  return { ...counts, elapsedUs: 1_000_000, cpuNs: 30_000_000, p50Us: 900, p99Us: 2_000, maxUs: 9_000, ...over }
}

export function duelRow(label: string, median: number, over: Partial<DuelRow> = {}): DuelRow {
  const ratio = { median, lowest: median * 0.9, highest: median * 1.1 }
  const figures = { cpuUs: 30 * median, requestsPerSecond: 20_000, p50Us: 900, p99Us: 2_000, requests: 60_000 }
  return { label, ratio, ...figures, errors: 0, not200: 0, resumedShare: 0, busiestShare: 1, ...over }
}

export function duel(name: string, rows: readonly DuelRow[], atMost: number | null = null): DuelOutcome {
  return { kind: 'duel', name, title: `case ${name}`, limit: atMost === null ? null : { label: 'certgate', atMost }, rows }
}

export function memory(perConnection: number, atMost: number | null = null): MemoryOutcome {
  const points = [
    { x: 1_000, y: 50_000_000 },
    { x: 10_000, y: 50_000_000 + 9_000 * perConnection },
  ]
  const row = { label: 'certgate', perConnection, privatePerConnection: perConnection, atStart: 50_000_000, points }
  return {
    kind: 'memory',
    name: 'idle',
    title: 'idle connection',
    limit: atMost === null ? null : { label: 'certgate', atMost },
    rows: [row],
  }
}

export function results(over: Partial<Results> = {}): Results {
  return {
    date: '2026-01-02T03:04:05.678Z',
    commit: 'abc1234',
    machine: { cpu: 'Test CPU', cores: 2, memoryGiB: 4, kernel: 'Linux 6.1' },
    method: { repeats: 6, seconds: 3, connections: 24, warmUpRequests: 50_000 },
    contenders: [{ title: 'nginx', version: '1.22.1', cipher: 'TLSv1.3 TLS_AES_256_GCM_SHA384' }],
    outcomes: [],
    problems: [],
    notes: [],
    ...over,
  }
}
