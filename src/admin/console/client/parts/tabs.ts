import { html, nothing, type TemplateResult } from 'lit-html'

export interface Tab {
  readonly key: string
  readonly label: string
  view(): TemplateResult
}

/** Panels of which one is seen. Arrow keys go along the tabs. `name`: unique on the page. */
export function tabs(name: string, all: readonly Tab[], chosen: string, choose: (key: string) => void): TemplateResult {
  const now = all.find(({ key }) => key === chosen) ?? all[0]
  if (now === undefined) return html``
  const moved = (event: KeyboardEvent): void => {
    const at = all.indexOf(now)
    const to = STEPS.get(event.key)?.(at, all.length)
    const next = to === undefined ? undefined : all[(to + all.length) % all.length]
    if (next === undefined) return
    event.preventDefault()
    choose(next.key)
    document.querySelector<HTMLElement>(`#${name}-tab-${next.key}`)?.focus()
  }
  return html`<div class="tabs">
    <div class="tab-list" role="tablist" @keydown=${moved}>
      ${all.map(
        ({ key, label }) =>
          html`<button class="tab" type="button" role="tab" id="${name}-tab-${key}" aria-controls=${key === now.key ? `${name}-panel` : nothing} aria-selected=${key === now.key} tabindex=${key === now.key ? 0 : -1} @click=${() => choose(key)}>${label}</button>`,
      )}
    </div>
    <div class="tab-panel" role="tabpanel" id="${name}-panel" aria-labelledby="${name}-tab-${now.key}">${now.view()}</div>
  </div>`
}

const STEPS: ReadonlyMap<string, (at: number, many: number) => number> = new Map([
  ['ArrowRight', (at: number) => at + 1],
  ['ArrowLeft', (at: number) => at - 1],
  ['Home', () => 0],
  ['End', (_at: number, many: number) => many - 1],
])
