import { type Metric, Registry } from 'prom-client'
import type { Family } from './families.ts'
import type { HistogramSnapshot } from './histogram.ts'

interface Sample {
  readonly labels: readonly string[]
  value: number
}

interface HistogramSample {
  readonly labels: readonly string[]
  readonly counts: number[]
  sum: number
}

interface PromValue {
  readonly labels: Record<string, string | number>
  readonly value: number
  readonly metricName?: string
  /** Written out once for all samples that hold the same object. */
  readonly sharedLabels?: Record<string, string>
}

/** Samples of many families, added up by their labels, and written out by prom-client. */
export class SampleTable {
  readonly #values = new Map<Family, Map<string, Sample>>()
  readonly #histograms = new Map<Family, Map<string, HistogramSample>>()

  /** Label values are in the order of the family's labels. */
  add(family: Family, labels: readonly string[], value: number): void {
    const sample = this.#sample(family, labels)
    sample.value += value
  }

  set(family: Family, labels: readonly string[], value: number): void {
    this.#sample(family, labels).value = value
  }

  /** Keeps the larger value; 0 where there was none. */
  raise(family: Family, labels: readonly string[], value: number): void {
    const sample = this.#sample(family, labels)
    sample.value = Math.max(sample.value, value)
  }

  addHistogram(family: Family, labels: readonly string[], snapshot: HistogramSnapshot): void {
    const samples = mapOf(this.#histograms, family)
    const key = labels.join('\0')
    const sample = samples.get(key)
    if (sample === undefined) {
      samples.set(key, { labels, counts: [...snapshot.counts], sum: snapshot.sum })
      return
    }
    for (const [index, count] of snapshot.counts.entries()) sample.counts[index] = (sample.counts[index] as number) + count
    sample.sum += snapshot.sum
  }

  addAll(other: SampleTable): void {
    for (const [family, samples] of other.#values) for (const { labels, value } of samples.values()) this.add(family, labels, value)
    for (const [family, samples] of other.#histograms)
      for (const sample of samples.values()) this.addHistogram(family, sample.labels, sample)
  }

  /** The Prometheus text format; families without samples are left out. */
  async render(families: readonly Family[]): Promise<string> {
    const registry = new Registry()
    for (const family of families) {
      const values = family.type === 'histogram' ? this.#histogramValues(family) : this.#plainValues(family)
      if (values.length === 0) continue
      const metric = { name: family.name, help: family.help, type: family.type, values }
      // What prom-client's own aggregation across processes registers: an object that answers `get`.
      registry.registerMetric({ ...metric, get: async () => metric } as unknown as Metric)
    }
    return registry.metrics()
  }

  #sample(family: Family, labels: readonly string[]): Sample {
    const samples = mapOf(this.#values, family)
    const key = labels.join('\0')
    let sample = samples.get(key)
    if (sample === undefined) {
      sample = { labels, value: 0 }
      samples.set(key, sample)
    }
    return sample
  }

  #plainValues(family: Family): PromValue[] {
    return Array.from(this.#values.get(family)?.values() ?? [], ({ labels, value }) => ({ labels: labelled(family, labels), value }))
  }

  #histogramValues(family: Family): PromValue[] {
    return Array.from(this.#histograms.get(family)?.values() ?? [], ({ labels, counts, sum }) => {
      const own = labelled(family, labels)
      let cumulative = 0
      const buckets = Array.from(counts, (count, index): PromValue => {
        cumulative += count
        return {
          metricName: `${family.name}_bucket`,
          labels: { le: family.buckets?.[index] ?? '+Inf' },
          sharedLabels: own,
          value: cumulative,
        }
      })
      return [
        ...buckets,
        { metricName: `${family.name}_sum`, labels: own, value: sum },
        { metricName: `${family.name}_count`, labels: own, value: cumulative },
      ]
    }).flat()
  }
}

function labelled(family: Family, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(family.labels.map((name, index) => [name, values[index] ?? '']))
}

function mapOf<V>(maps: Map<Family, Map<string, V>>, family: Family): Map<string, V> {
  const known = maps.get(family)
  if (known !== undefined) return known
  const made = new Map<string, V>()
  maps.set(family, made)
  return made
}
