import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { load } from 'js-yaml'
import { FAMILIES, type Family } from '../../../src/observability/families.ts'

const path = (name: string): string => fileURLToPath(new URL(`../../../${name}`, import.meta.url))
const read = (name: string): string => readFileSync(path(name), 'utf8')

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly description: string }
}

const rules = (load(read('examples/prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules)

/** Every name that a family is exported under, with the labels it has there. */
const exported = new Map<string, ReadonlySet<string>>()
for (const family of Object.values(FAMILIES) as Family[]) {
  if (family.type !== 'histogram') exported.set(family.name, new Set(family.labels))
  else {
    exported.set(`${family.name}_bucket`, new Set([...family.labels, 'le']))
    for (const suffix of ['_sum', '_count']) exported.set(family.name + suffix, new Set(family.labels))
  }
}

/** What Prometheus itself adds to every series. */
const ADDED = new Set(['instance', 'job'])

/** Asserts that a PromQL expression only uses what is exported, labels in its selectors and groupings included. */
function assertExported(expression: string): string[] {
  const count = (char: string) => expression.split(char).length
  for (const [open, close] of ['()', '{}', '[]']) assert.equal(count(open as string), count(close as string), expression)
  const used: string[] = []
  const allowed = new Set(ADDED)
  for (const match of expression.matchAll(/\b((?:certgate|process|nodejs)_[a-z0-9_]+)(?:\{([^}]*)\})?/g)) {
    const [, name, selector] = match as unknown as [string, string, string | undefined]
    const labels = exported.get(name)
    assert.ok(labels !== undefined, `${name} is not exported: ${expression}`)
    used.push(name)
    for (const label of labels) allowed.add(label)
    for (const [, label] of (selector ?? '').matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)"/g)) {
      assert.ok(labels.has(label as string) || ADDED.has(label as string), `${name} has no label ${label}: ${expression}`)
    }
  }
  for (const [, list] of expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g)) {
    const labels = (list as string).split(/,\s*/).filter((label) => label !== '')
    for (const label of labels) assert.ok(allowed.has(label), `no series here has a label ${label}: ${expression}`)
  }
  return used
}

test('alert rules use only metrics and labels that are exported', () => {
  for (const { expr, alert } of rules) assert.ok(assertExported(expr).length > 0, alert)
})

test('there is an alert for everything that has to have one', () => {
  const used = new Set(rules.flatMap((rule) => assertExported(rule.expr)))
  const needed = [
    'certgate_certificate_not_after_seconds',
    'certgate_crl_next_update_seconds',
    'certgate_client_certificate_expiration_seconds_bucket',
    'certgate_config_last_reload_successful',
    'certgate_client_auth_failures_total',
    'certgate_upstream_healthy',
  ]
  for (const name of needed) assert.ok(used.has(name), name)
  for (const kind of ['server', 'ca'])
    assert.ok(
      rules.some(({ expr }) => expr.includes(`kind="${kind}"`)),
      kind,
    )
})

test('every alert has a name of its own, a severity and says what to do', () => {
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length)
  for (const { alert, labels, annotations } of rules) {
    assert.match(alert, /^Certgate[A-Z]/)
    assert.match(labels.severity, /^(warning|critical)$/)
    assert.ok(annotations.summary.length > 10 && annotations.description.length > 20, alert)
  }
})

test('promtool accepts the rules, and each fires where it should and nowhere else', (t) => {
  for (const args of [
    ['check', 'rules', path('examples/prometheus/alerts.yml')],
    ['test', 'rules', path('examples/prometheus/alerts_test.yml')],
  ]) {
    const run = spawnSync('promtool', args, { encoding: 'utf8' })
    if (run.error !== undefined) return t.skip('promtool is not installed')
    assert.equal(run.status, 0, run.stdout + run.stderr)
  }
})

test('every alert has a case in alerts_test.yml', () => {
  const cases = read('examples/prometheus/alerts_test.yml')
  for (const { alert } of rules) assert.match(cases, new RegExp(`"${alert}"\\}', value: [12]|alertname: ${alert} \\}`))
})

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly targets?: readonly { readonly expr: string }[]
  readonly gridPos: { readonly x: number; readonly w: number }
}

test('the dashboard uses only metrics and labels that are exported, and shows every family of certgate', () => {
  const dashboard = JSON.parse(read('examples/prometheus/dashboard.json')) as {
    panels: Panel[]
    annotations: { list: { expr: string }[] }
  }
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length)
  const expressions = dashboard.panels.flatMap((panel) => (panel.targets ?? []).map(({ expr }) => expr))
  const used = [...expressions, ...dashboard.annotations.list.map(({ expr }) => expr)].flatMap(assertExported)
  for (const panel of dashboard.panels) {
    assert.ok(panel.gridPos.x + panel.gridPos.w <= 24, panel.title)
    assert.ok(panel.type === 'row' || (panel.targets ?? []).length > 0, panel.title)
  }
  for (const { name } of Object.values(FAMILIES) as Family[]) {
    if (name.startsWith('certgate_'))
      assert.ok(
        used.some((metric) => metric.startsWith(name)),
        `${name} is not on the dashboard`,
      )
  }
})

test('docs/metrics.md lists every family with its type, labels and meaning, and no other', () => {
  const doc = read('docs/metrics.md')
  const rows = doc.split('\n').filter((line) => /^\| `(certgate|process|nodejs)_/.test(line))
  const families = Object.values(FAMILIES) as Family[]
  assert.deepEqual(
    rows,
    families.map(
      ({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
    ),
  )
})
