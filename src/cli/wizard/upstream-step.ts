import { resolve } from 'node:path'
import type { CertgateError } from '../../errors.ts'
import { upstreamTarget, upstreamWarning } from '../upstream-check.ts'
import { attempt } from './form.ts'
import { fieldHtml } from './page.ts'
import type { Step } from './step.ts'

/** Relative paths of sockets are relative to `cwd`. */
export const upstreamStep = (cwd: string): Step => ({
  path: '/upstream',
  name: 'Service',
  title: 'The service behind',
  content(draft, entered, problems) {
    return fieldHtml(
      {
        name: 'upstream',
        label: 'Address of the service',
        value: entered?.text('upstream') ?? draft.target.url,
        hint: 'http://host:port, https://host:port or unix:/path. Whether something answers there is tried at once.',
        more: 'autocomplete="off" autocapitalize="none" required',
      },
      problems,
    )
  },
  async submit(form, draft) {
    const problems = new Map<string, CertgateError>()
    const target = await attempt(problems, 'upstream', () => upstreamTarget('', form.text('upstream').trim(), (path) => resolve(cwd, path)))
    if (target === undefined) return { draft, problems }
    return { draft: { ...draft, target, warning: await upstreamWarning(target) }, problems }
  },
})
