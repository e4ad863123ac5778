import { formatAddress } from '../../control/listening/sockets.ts'
import type { CertgateError } from '../../errors.ts'
import { addressOf, checkFree, readAddresses } from '../addresses.ts'
import { serverNames } from '../host-names.ts'
import { attempt } from './form.ts'
import { fieldHtml } from './page.ts'
import type { Step } from './step.ts'

export const nameStep: Step = {
  path: '/name',
  name: 'Name',
  title: 'How clients reach the gateway',
  content(draft, entered, problems) {
    const always = serverNames([]).join(', ')
    return (
      fieldHtml(
        {
          name: 'names',
          label: 'Names and IP addresses',
          value: entered?.text('names') ?? draft.names,
          hint: `Separated by blanks or commas, e.g. gate.example 10.0.0.7. The server certificate holds them beside ${always}; empty: only these.`,
          more: 'autocomplete="off" autocapitalize="none"',
        },
        problems,
      ) +
      fieldHtml(
        {
          name: 'listen',
          label: 'Address to listen on',
          value: entered?.text('listen') ?? draft.addresses.listen,
          hint: '0.0.0.0 is every network of this machine, 127.0.0.1 this machine only.',
          more: 'autocomplete="off" required',
        },
        problems,
      )
    )
  },
  async submit(form, draft) {
    const problems = new Map<string, CertgateError>()
    const names = form.text('names').trim()
    const read = await attempt(problems, 'names', () => serverNames(names.split(/[\s,]+/).filter((word) => word !== '')))
    const addresses = await attempt(problems, 'listen', async () => {
      const address = addressOf('', form.text('listen').trim())
      const changed = readAddresses({ ...draft.addresses, listen: formatAddress(address.host, address.port) })
      await checkFree(address, 'stop it, or choose another port')
      return changed
    })
    if (read === undefined || addresses === undefined) return { draft, problems }
    return { draft: { ...draft, names, serverNames: read, addresses }, problems }
  },
}
