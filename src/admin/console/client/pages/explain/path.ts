import { html, nothing, type TemplateResult } from 'lit-html'
import type { ConfigLine, DecisionStep, Explanation } from '../../api-types.ts'
import { plural, sentence, spoken } from '../../format.ts'
import { badge } from '../../parts/badge.ts'
import { type IconName, icon } from '../../parts/icon.ts'
import { date } from '../../parts/time.ts'
import { revocationView } from './revocation.ts'

const TITLES: Readonly<Record<DecisionStep['step'], string>> = {
  request: 'Request',
  chain: 'Chain',
  revocation: 'Revocation',
  identity: 'Identity',
  roles: 'Roles',
  route: 'Route',
}
/** What nobody looked at was not passed. */
type Shown = DecisionStep['outcome'] | 'not_checked'
const OUTCOMES: Readonly<Record<Shown, string>> = {
  passed: 'passed',
  stopped: 'stopped here',
  not_reached: 'not reached',
  not_checked: 'not checked',
}
const PICTURES: Readonly<Record<Shown, IconName>> = { passed: 'check', stopped: 'x', not_reached: 'minus', not_checked: 'minus' }
/** Lines of one step that are seen at once. */
const SEEN = 5

/** The decision as a way: what it came past, where it ended, and what came of it. */
export function decisionPath(explanation: Explanation): TemplateResult {
  return html`<ol class="path" aria-label="Steps of the decision">
    ${explanation.steps.map((step) => stepNode(step, explanation))}
    ${answer(explanation)}
  </ol>`
}

function stepNode(step: DecisionStep, explanation: Explanation): TemplateResult {
  const outcome = step.outcome === 'passed' && !step.checked ? 'not_checked' : step.outcome
  return node(outcome, TITLES[step.step], OUTCOMES[outcome], outcome === 'not_reached' ? nothing : body(step, explanation))
}

function node(outcome: Shown, title: string, words: string, content: unknown): TemplateResult {
  return html`<li class="path-step" data-outcome=${outcome}>
    <span class="path-node">${icon(PICTURES[outcome])}</span>
    <div class="path-body"><h3>${title} <span class="path-outcome">${words}</span></h3>${content}</div>
  </li>`
}

function answer({ allowed, forwarded, status, told }: Explanation): TemplateResult {
  if (!allowed) return node('stopped', 'Answer', 'from the gateway', html`<p>The client gets <strong>${status} ${told}</strong>.</p>`)
  const where =
    forwarded === null
      ? nothing
      : html`<p>${forwarded.path} goes to ${forwarded.targets.map((target) => html`<code>${target}</code> `)}</p>`
  return node('passed', `Upstream ${forwarded?.upstream ?? ''}`, 'forwarded', where)
}

function body(step: DecisionStep, explanation: Explanation): TemplateResult {
  const isRoles = step.step === 'roles' && explanation.roles.length > 0
  const summary =
    step.outcome === 'stopped'
      ? html`<p class="path-refusal">${sentence(step.summary)}</p>`
      : isRoles
        ? nothing
        : html`<p>${sentence(step.checked ? step.summary : step.summary.replace(/^not checked: /, ''))}</p>`
  return html`${summary}${FACTS[step.step](explanation)}${isRoles ? roleLines(explanation, step) : lineList(step.lines)}`
}

const NOTHING = (): typeof nothing => nothing

/** What one wants to know of a step beside its summary. */
const FACTS: Readonly<Record<DecisionStep['step'], (explanation: Explanation) => unknown>> = {
  request: NOTHING,
  chain: ({ certificate }) =>
    certificate === null
      ? nothing
      : html`<p class="muted">${certificate.subject}${certificate.not_after === null ? nothing : html`, valid until ${date(certificate.not_after)}`}</p>`,
  revocation: ({ revocation, steps }) =>
    revocation === null ? nothing : revocationView(revocation, steps.find(({ step }) => step === 'revocation')?.summary ?? ''),
  identity: ({ identity }) => {
    if (identity === null) return nothing
    const permissions = Object.entries(identity.permissions).map(([database, access]) => badge('muted', `${database}: ${access}`, 'list'))
    const clearance = identity.clearance === null ? nothing : badge('muted', identity.clearance, 'shield')
    const backend = identity.backend_roles.map((role) => badge('muted', role, 'users'))
    const all = [clearance, ...permissions, ...backend].filter((one) => one !== nothing)
    return all.length === 0 ? nothing : html`<p class="chips">${all}</p>`
  },
  roles: NOTHING,
  route: ({ route, databases, allowed }) => {
    if (route === null) return nothing
    // Where none grants, the refusal has said it all.
    const rules = allowed ? databases : []
    const methods = route.methods.length === 0 ? 'any method' : route.methods.join(', ')
    const captures = Object.entries(route.captures).map(([name, value]) => `{${name}} is ${value}`)
    return html`<p class="muted">${[route.path, methods, ...captures].join(', ')}</p>
      ${rules.map(({ granted, detail }) => html`<p class="path-rule">${badge(granted ? 'good' : 'bad', granted ? 'grants' : 'does not grant')} ${detail}</p>`)}`
  },
}

/** Each role with the line of the mapping that gives it. */
function roleLines({ roles }: Explanation, step: DecisionStep): TemplateResult {
  const textOf = (line: number): string | null => step.lines.find((one) => one.line === line)?.snippet ?? null
  const items = roles.map(
    ({ role, by, pattern, file, line }) =>
      html`<li><span class="path-place">${file}:${line}</span><code>${textOf(line) ?? `${spoken(by)}: ${pattern}`}</code><span class="path-role">${badge('muted', role, 'users')}</span></li>`,
  )
  return folded(items, 'role')
}

function lineList(lines: readonly ConfigLine[]): TemplateResult | typeof nothing {
  if (lines.length === 0) return nothing
  const items = lines.map(
    ({ file, line, snippet }) =>
      html`<li><span class="path-place">${file}:${line}</span>${snippet === null ? html`<span class="muted">changed since</span>` : html`<code>${snippet}</code>`}</li>`,
  )
  return folded(items, 'line')
}

function folded(items: readonly TemplateResult[], what: string): TemplateResult {
  const rest = items.slice(SEEN)
  return html`<ul class="path-lines">${items.slice(0, SEEN)}</ul>${
    rest.length === 0
      ? nothing
      : html`<details class="path-more"><summary>${plural(rest.length, `more ${what}`, `more ${what}s`)}</summary><ul class="path-lines">${rest}</ul></details>`
  }`
}
