import type { AdminEvent } from '../../admin/context.ts'
import type { ExpiryReport } from '../../admin/expiring.ts'
import type { Overview } from '../../admin/overview.ts'
import { overviewShape } from '../../admin/v1/overview.ts'
import type { TrafficSample } from '../../observability/traffic-meter.ts'
import type { ReloadReport, Status } from '../status.ts'
import type { Telemetry } from '../telemetry.ts'

export interface OverviewOptions {
  readonly telemetry: Pick<Telemetry, 'traffic' | 'upstreams' | 'registered'>
  /** Has every worker tell what it measured. */
  measure(): Promise<void>
  status(): Promise<Status>
  /** null: nothing is known of it yet. */
  expiring(): ExpiryReport | null
  /** Whether anybody listens. */
  isWanted(): boolean
  tell(event: AdminEvent): void
  failed(error: unknown): void
}

/** Milliseconds between two looks, while somebody listens. */
const LOOK = 1_000
/** Of so many looks one is taken while nobody does: the last minutes are there for whoever comes. */
const IDLE_SHARE = 10
/** Milliseconds. */
const KEPT = 600_000
/** One that lists thousands of problems is told of by its first ones. */
const MOST_PROBLEMS = 20
const NONE_EXPIRING: ExpiryReport = { own: [], clients: { total: 0, first: [] } }

/** Watches what goes through the gateway, keeps the last ten minutes of it, and tells live views. */
export class OverviewService {
  readonly #options: OverviewOptions
  readonly #timer: NodeJS.Timeout
  readonly #samples: TrafficSample[] = []
  #ticks = 0
  #isLooking = false
  #isFailing = false

  constructor(options: OverviewOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.#tick(), LOOK).unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** As it is now, with what is kept of the last minutes. */
  now(): Promise<Overview> {
    return this.#overview(this.#samples)
  }

  /** Takes a sample and tells it to whoever listens. Never rejects. */
  async look(): Promise<void> {
    const { measure, telemetry, isWanted, tell, failed } = this.#options
    try {
      await measure()
      const sample = telemetry.traffic(Date.now())
      if (sample !== null) this.#keep(sample)
      if (isWanted()) tell({ kind: 'metrics', data: overviewShape(await this.#overview(sample === null ? [] : [sample])) })
      this.#isFailing = false
    } catch (error) {
      // Said once, not every second.
      if (!this.#isFailing) failed(error)
      this.#isFailing = true
    }
  }

  async #tick(): Promise<void> {
    const isDue = this.#ticks++ % IDLE_SHARE === 0 || this.#options.isWanted()
    if (!isDue || this.#isLooking) return
    this.#isLooking = true
    await this.look()
    this.#isLooking = false
  }

  #keep(sample: TrafficSample): void {
    // After a clock that was set back, what seems to be of the future goes.
    const isKept = ({ at }: TrafficSample) => at > sample.at - KEPT && at <= sample.at
    const kept = this.#samples.filter(isKept).slice(1 - KEPT / LOOK)
    this.#samples.splice(0, this.#samples.length, ...kept, sample)
  }

  async #overview(samples: readonly TrafficSample[]): Promise<Overview> {
    const { telemetry, status, expiring } = this.#options
    const { version, started_at, state, config_file, snapshot, workers, last_reload } = await status()
    return {
      at: Date.now(),
      version,
      started_at,
      state,
      config_file,
      snapshot,
      workers,
      last_reload: last_reload === null ? null : shortened(last_reload),
      upstreams: telemetry.upstreams,
      expiring: expiring() ?? NONE_EXPIRING,
      registered: telemetry.registered,
      samples: [...samples],
    }
  }
}

function shortened(report: ReloadReport): ReloadReport {
  return { ...report, problems: report.problems.slice(0, MOST_PROBLEMS) }
}
