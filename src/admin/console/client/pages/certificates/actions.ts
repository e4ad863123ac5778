import { html, type TemplateResult } from 'lit-html'
import type { Certificate } from '../../api-types.ts'
import { visit } from '../../navigation.ts'
import { type ButtonOptions, button } from '../../parts/button.ts'
import { openDialog } from '../../parts/dialog.ts'
import type { IconName } from '../../parts/icon.ts'
import { messageOf } from '../../parts/states.ts'
import { toast } from '../../parts/toast.ts'
import { editRights } from './edit.ts'
import { savePem } from './made.ts'
import { whyNotManage, whyNotRemove, whyNotRenew, whyNotRevoke, whyNotSwitch } from './may.ts'
import { renew } from './renew.ts'
import { type Seen, see } from './seen.ts'
import { disable, enable, remove, revoke } from './withdraw.ts'
import { nameText, stateBadge } from './words.ts'

export type ActionName = 'edit' | 'renew' | 'export' | 'disable' | 'enable' | 'revoke' | 'remove'

/** What can be done to one certificate. */
export interface Action {
  readonly name: ActionName
  readonly label: string
  readonly icon: IconName
  readonly kind: ButtonOptions['kind']
  readonly whyNot: string | null
  /** On what is read right before; resolves to whether something was changed. */
  act(seen: Seen): Promise<boolean>
}

export function actionsFor(certificate: Certificate): readonly Action[] {
  const { disabled } = certificate
  const plain = { kind: 'plain' } as const
  const danger = { kind: 'danger' } as const
  const switching = whyNotSwitch(certificate)
  return [
    { name: 'edit', label: 'Edit rights', icon: 'edit', ...plain, whyNot: whyNotManage(certificate), act: editRights },
    { name: 'renew', label: 'Renew', icon: 'refresh', ...plain, whyNot: whyNotRenew(certificate), act: renew },
    { name: 'export', label: 'Download certificate', icon: 'download', ...plain, whyNot: null, act: exportOne },
    disabled
      ? { name: 'enable', label: 'Enable', icon: 'check', ...plain, whyNot: switching, act: enable }
      : { name: 'disable', label: 'Disable', icon: 'minus', ...plain, whyNot: switching, act: disable },
    { name: 'revoke', label: 'Revoke', icon: 'slash', ...danger, whyNot: whyNotRevoke(certificate), act: revoke },
    { name: 'remove', label: 'Remove', icon: 'trash', ...danger, whyNot: whyNotRemove(certificate), act: remove },
  ]
}

async function exportOne({ certificate }: Seen): Promise<boolean> {
  savePem(certificate.name, certificate.pem)
  return false
}

/** Where the dialog of one is on its way: pressed twice, it opens once. */
let opening = -1

/** Reads the certificate anew and does it; what goes wrong before a dialog is there is told beside. */
export async function perform({ act, name }: Action, { fingerprint }: Certificate, changed: (name: ActionName) => void): Promise<void> {
  const here = visit()
  if (opening === here) return
  opening = here
  try {
    const seen = await see(fingerprint).finally(() => {
      if (opening === here) opening = -1
    })
    // Its dialog is not for the page that one went to meanwhile.
    if (visit() === here && (await act(seen)) && visit() === here) changed(name)
  } catch (error) {
    toast('bad', messageOf(error))
  }
}

/** The actions of a row, which has no place for them. */
export async function chooseAction(certificate: Certificate, changed: (name: ActionName) => void): Promise<void> {
  const actions = actionsFor(certificate)
  const chosen = await openDialog<Action>({
    title: 'Actions',
    view: ({ close }): TemplateResult => html`
      <p class="menu-about">${nameText(certificate.name)} ${stateBadge(certificate)}</p>
      <ul class="menu">
        ${actions.map(({ label, icon, kind = 'plain', whyNot }, at) => html`<li>${button({ label, icon, kind, whyNot, act: () => close(actions[at]) })}${whyNot === null ? '' : html`<p class="field-hint" aria-hidden="true">${whyNot}</p>`}</li>`)}
      </ul>`,
  })
  if (chosen !== undefined) await perform(chosen, certificate, changed)
}
