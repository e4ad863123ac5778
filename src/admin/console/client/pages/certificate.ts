import { html, nothing, type TemplateResult } from 'lit-html'
import { ApiError, ask } from '../api.ts'
import type { Certificate, CertificateAccess, CertificateEvent } from '../api-types.ts'
import { live } from '../live.ts'
import { go } from '../navigation.ts'
import { isOwn } from '../own-page.ts'
import { button } from '../parts/button.ts'
import { empty, notAllowed, notice, pageHeading, whenLoaded } from '../parts/states.ts'
import { moment } from '../parts/time.ts'
import { nameElsewhere, whyNot } from '../session.ts'
import { Resource, State } from '../store.ts'
import { accessPanel } from './certificates/access.ts'
import { type Action, type ActionName, actionsFor, perform } from './certificates/actions.ts'
import { historyPanel, lineagePanel } from './certificates/history.ts'
import { whyNotManage } from './certificates/may.ts'
import { identityPanel, rightsPanel, validityPanel } from './certificates/panels.ts'
import { refresher } from './certificates/refresher.ts'
import { type Seen, see } from './certificates/seen.ts'
import { nameLink, nameText, stateBadge } from './certificates/words.ts'
import type { OpenedPage, PageContext } from './page.ts'

const ACCESS_SIZE = 25

export function open({ signal, parameters }: PageContext): OpenedPage {
  const page = new OneCertificate(signal, parameters.get('fingerprint') ?? '')
  const reason = whyNot('Operator')
  if (reason === null) page.start()
  return { title: () => page.title, view: () => (reason === null ? page.view() : html`${pageHeading('Certificate')}${notAllowed(reason)}`) }
}

class OneCertificate {
  readonly #signal: AbortSignal
  readonly #seen: Resource<Seen>
  readonly #access: Resource<CertificateAccess>
  readonly #from = new State(0)
  /** The last deed of another page, or of a program, since the page was opened. */
  readonly #news = new State<CertificateEvent | null>(null)
  /** Dialogs of this page that are open or on their way, or in which something was asked for that is under way. */
  #acting = 0

  constructor(signal: AbortSignal, fingerprint: string) {
    this.#signal = signal
    const path = encodeURIComponent(fingerprint)
    this.#seen = new Resource(signal, (asked) => see(path, asked))
    this.#access = new Resource(signal, async (asked) => {
      const query = new URLSearchParams({ offset: String(this.#from.value), limit: String(ACCESS_SIZE) })
      return (await ask<CertificateAccess>(`GET /api/v1/certificates/${path}/access?${query}`, { signal: asked })).value
    })
  }

  get title(): string {
    return this.#seen.value?.certificate.name ?? 'Certificate'
  }

  start(): void {
    const load = async (): Promise<void> => {
      await Promise.all([this.#seen.load(true), this.#access.load(true)])
    }
    const refresh = refresher(load)
    this.#load = refresh
    refresh()
    // `opened`: what happened before this page heard of anything.
    for (const kind of ['opened', 'missed', 'mapping', 'reload'] as const) live.on(kind, this.#signal, refresh)
    live.on<CertificateEvent>('certificate', this.#signal, (event) => {
      const isThis = event.target !== null && event.target === this.#seen.value?.certificate.group
      // What is removed here is left: there is nothing to load any more.
      if (isThis && isOwn(event) && this.#acting > 0 && event.action === 'certificate.remove') return
      if (isThis && !isOwn(event)) this.#news.value = event
      // Another one may have its key, or renew it.
      refresh()
    })
  }

  #load = (): void => {}

  view(): TemplateResult {
    const { state } = this.#seen
    if (state.kind === 'failed' && state.error instanceof ApiError && state.error.status === 404)
      return html`${pageHeading('Certificate')}${empty('No such certificate is in the registry', html`<a href="/console/certificates">All certificates</a>`)}`
    return html`${this.#heading()}${whenLoaded(state, (seen) => this.#content(seen), this.#load)}`
  }

  #heading(): TemplateResult {
    const certificate = this.#seen.value?.certificate
    if (certificate === undefined) return pageHeading('Certificate')
    return pageHeading(
      html`${nameText(certificate.name)} ${stateBadge(certificate)}`,
      html`<a href="/console/certificates">All certificates</a>`,
    )
  }

  #content({ certificate }: Seen): TemplateResult {
    const news = this.#news.value
    const refused = whyNotManage(certificate)
    return html`
      <div class="toolbar" role="group" aria-label="Actions">${actionsFor(certificate).map((action) =>
        button({
          label: action.label,
          icon: action.icon,
          ...(action.kind === undefined ? {} : { kind: action.kind }),
          whyNot: action.whyNot,
          act: () => void this.#perform(action, certificate),
        }),
      )}</div>
      ${refused === null ? nothing : html`<p class="toolbar-note muted">${refused}</p>`}
      <div role="status">${news === null ? nothing : notice('warn', html`<bdi>${nameElsewhere(news.by)}</bdi> changed this certificate while you looked at it`, html`<p>${actionWords(news.action)}. What you see is how it is now.</p>`)}</div>
      ${refusedNotice(certificate)}
      <div class="certificate-grid">
        <div class="stack">${identityPanel(certificate)}${lineagePanel(certificate)}</div>
        <div class="stack">${validityPanel(certificate)}${rightsPanel(certificate)}</div>
      </div>
      <div class="stack">
        ${accessPanel(this.#access, { from: this.#from.value, size: ACCESS_SIZE }, (from) => {
          this.#from.value = from
          void this.#access.load()
        })}
        ${historyPanel(certificate.history)}
      </div>
    `
  }

  async #perform(action: Action, certificate: Certificate): Promise<void> {
    this.#acting++
    await perform(action, certificate, (name) => this.#done(name))
    this.#acting--
  }

  #done(name: ActionName): void {
    this.#news.value = null
    if (name === 'remove') go('/console/certificates')
    else this.#load()
  }
}

/** Why it lets nobody in, where that is not the state of this very entry alone. */
function refusedNotice({ refused_by: through, revoked }: Certificate): TemplateResult | typeof nothing {
  if (revoked !== null)
    return notice(
      'bad',
      html`Revoked ${moment(revoked.at)}`,
      html`<p>Reason: ${revoked.reason}. Whoever shows it, or its key, is refused for good.</p>`,
    )
  if (through === null) return nothing
  return notice('bad', html`Its key is refused, because ${nameLink(through)} has it too`, html`<p>That one is ${through.state}.</p>`)
}

function actionWords(action: string): string {
  const words = new Map([
    ['certificate.edit', 'Name or rights were edited'],
    ['certificate.disable', 'It was disabled'],
    ['certificate.enable', 'It was enabled'],
    ['certificate.revoke', 'It was revoked'],
    ['certificate.remove', 'It was removed'],
    ['certificate.renew', 'It was renewed'],
  ])
  return words.get(action) ?? action
}
