import { html } from 'lit-html'
import { panel } from '../parts/panel.ts'
import { notAllowed, pageHeading } from '../parts/states.ts'
import { tabs } from '../parts/tabs.ts'
import { whyNot } from '../session.ts'
import { State } from '../store.ts'
import { GenerateForm } from './certificates/generate.ts'
import { SignForm } from './certificates/sign.ts'
import { TrustForm } from './certificates/trust.ts'
import type { OpenedPage, PageContext } from './page.ts'

const WAYS = ['generate', 'sign', 'trust'] as const

export function open({ signal, query, keepQuery }: PageContext): OpenedPage {
  const way = new State<string>(WAYS.find((one) => one === query.get('way')) ?? 'generate')
  const reason = whyNot('Operator')
  const [generate, sign, trust] = [new GenerateForm(signal), new SignForm(signal), new TrustForm(signal)]
  const choose = (chosen: string): void => {
    way.value = chosen
    keepQuery(new URLSearchParams(chosen === 'generate' ? {} : { way: chosen }))
  }
  const all = [
    { key: 'generate', label: 'Generate', view: () => panel('A new key and its certificate', generate.view()) },
    { key: 'sign', label: 'Sign a request', view: () => panel('A certificate for a key that stays where it is', sign.view()) },
    { key: 'trust', label: 'Trust', view: () => panel('A certificate that somebody else issued', trust.view()) },
  ]
  return {
    title: () => 'Add a certificate',
    view: () => html`
      ${pageHeading('Add a certificate', html`<a href="/console/certificates">All certificates</a>`)}
      ${reason === null ? tabs('way', all, way.value, choose) : notAllowed(reason)}
    `,
  }
}
