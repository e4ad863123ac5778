import { html, nothing, type TemplateResult } from 'lit-html'
import type { Whoami } from './api-types.ts'
import { type LiveState, live } from './live.ts'
import { PAGES } from './pages/index.ts'
import type { PageEntry } from './pages/page.ts'
import { icon } from './parts/icon.ts'
import { failure, loading, pageHeading } from './parts/states.ts'
import { type Shown, shown } from './router.ts'
import { who } from './session.ts'
import { chooseTheme, THEMES, type Theme, theme } from './theme.ts'

/** Around every page. */
export function shell(): TemplateResult {
  return html`
    <a class="skip" href="#main" @click=${skip}>Skip to content</a>
    <header class="top">
      <a class="brand" href="/console/">${icon('shield')}<span class="brand-name">certgate</span></a>
      <span class="gateway" title="The gateway that this console belongs to">${location.host}</span>
      <span class="top-space"></span>
      ${liveState(live.state.value)}
      ${themeChoice()}
      ${signedIn()}
    </header>
    <div class="body">
      <nav class="nav" aria-label="Console">
        <ul>${PAGES.filter((page) => page.icon !== null).map(navItem)}</ul>
      </nav>
      <main id="main" tabindex="-1">${content(shown)}</main>
    </div>
  `
}

function content(now: Shown): TemplateResult {
  if (who.value.kind === 'failed') return html`${pageHeading('Not signed in')}${failure(who.value.error)}`
  if (who.value.kind === 'loading') return loading()
  switch (now.kind) {
    case 'unknown':
      return html`${pageHeading('Not found')}<p>The console has nothing at this address. <a href="/console/">To the overview</a></p>`
    case 'opening':
      return html`${pageHeading(now.entry.label)}${loading()}`
    case 'failed':
      // A page of another release than this one: the address of its parts is gone.
      return html`${pageHeading(now.entry.label)}${failure(now.error, { label: 'Reload the console', act: () => location.reload() })}`
    case 'open':
      return now.page.view()
  }
}

function navItem(page: PageEntry): TemplateResult {
  const isHere = shown.kind !== 'unknown' && (shown.entry.path === page.path || shown.entry.under === page.path)
  return html`<li>
    <a href="/console/${page.path}" aria-current=${isHere ? 'page' : nothing}>${page.icon === null ? nothing : icon(page.icon)}<span>${page.label}</span></a>
  </li>`
}

const LIVE_WORDS: Readonly<Record<LiveState, string>> = { off: 'Not live', connecting: 'Connecting', live: 'Live', lost: 'Reconnecting' }

function liveState(state: LiveState): TemplateResult {
  return html`<span class="live" data-state=${state} role="status"><span class="live-dot" aria-hidden="true"></span><span class="live-words">${LIVE_WORDS[state]}</span></span>`
}

const THEME_WORDS: Readonly<Record<Theme, string>> = { system: 'System theme', light: 'Light theme', dark: 'Dark theme' }

/** One button that goes through the three. */
function themeChoice(): TemplateResult {
  const now = theme.value
  const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length] ?? 'system'
  const words = `${THEME_WORDS[now]}. Change to ${THEME_WORDS[next].toLowerCase()}`
  return html`<button class="icon-button" type="button" data-theme-choice=${now} aria-label=${words} title=${words} @click=${() => chooseTheme(next)}>
    ${icon(now === 'system' ? 'monitor' : now === 'light' ? 'sun' : 'moon')}
  </button>`
}

function signedIn(): TemplateResult | typeof nothing {
  if (who.value.kind !== 'ready') return nothing
  const { name, clearance, dn }: Whoami = who.value.value
  return html`<span class="who" title=${dn ?? name}>
    ${icon('user')}
    <span class="who-words"><span class="visually-hidden">Signed in as </span><span class="who-name">${name}</span><span class="who-clearance">${clearance ?? 'No clearance'}</span></span>
  </span>`
}

function skip(event: Event): void {
  event.preventDefault()
  document.querySelector<HTMLElement>('#main')?.focus()
}
