import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CertgateError, UsageError } from '../../errors.ts'
import { escapeHtml } from '../../gateway/refusal/html-page.ts'
import { adminStep } from './admin-step.ts'
import { fileAnswer, goTo, htmlAnswer, linkTo, type WizardAnswer } from './answer.ts'
import { caStep } from './ca-step.ts'
import { doneHtml } from './done-page.ts'
import type { Draft } from './draft.ts'
import { type Form, NO_PROBLEMS, type Problems } from './form.ts'
import type { Made } from './make.ts'
import { nameStep } from './name-step.ts'
import { page } from './page.ts'
import { reviewHtml } from './review-page.ts'
import { isSame, REVIEW_OVERTAKEN, Revisions, STEP_OVERTAKEN } from './revisions.ts'
import type { Step } from './step.ts'
import { upstreamStep } from './upstream-step.ts'

export interface WizardOptions {
  readonly draft: Draft
  readonly cwd: string
  /** As a person calls it. */
  readonly folder: string
  make(draft: Draft): Promise<Made>
  /** Once the PFX was fetched, or the last page told that there is none to fetch. */
  over(): void
}

/** A request of the browser that the wizard belongs to, already checked. */
export interface WizardRequest {
  readonly method: string
  readonly path: string
  readonly userAgent: string
  /** null: a GET, or no form. */
  readonly form: Form | null
}

/** The pages in their order, and what was answered. Nothing is written before the last was confirmed. */
export class Wizard {
  readonly #options: WizardOptions
  readonly #steps: readonly Step[]
  readonly #revisions = new Revisions()
  #draft: Draft
  /** Answers are taken one after the other, each on what the one before made of all of them. */
  #taking: Promise<unknown> = Promise.resolve()
  #making: Promise<Made> | null = null
  #made: Made | null = null
  #passwordShown = false
  #fetching = false
  #fetched = false

  constructor(options: WizardOptions) {
    this.#options = options
    this.#draft = options.draft
    this.#steps = [nameStep, caStep, upstreamStep(options.cwd), adminStep]
  }

  async answer(request: WizardRequest): Promise<WizardAnswer> {
    const { method, path, form } = request
    if (path === '/done' && this.#made !== null && method === 'GET') return this.#done(this.#made, request)
    if (path === '/ca.crt' && this.#made !== null && method === 'GET') return this.#rootCertificate(this.#made)
    if (path === '/admin.pfx' && this.#made !== null && method === 'GET') return this.#pfx(this.#made)
    if (this.#made !== null) return goTo('/done')
    // What is being made cannot be changed any more: everybody waits for it.
    if (this.#making !== null) return this.#make()
    if (path === '/make' && method === 'POST')
      return this.#revisions.isNow(null, form) ? this.#make() : this.#review(new Map([['', REVIEW_OVERTAKEN]]), 409)
    if (path === '/review') return this.#review(NO_PROBLEMS)
    const step = this.#steps.find((one) => one.path === path)
    if (step === undefined) return path === '/' ? goTo(this.#next()) : this.#missing(path)
    if (method !== 'POST') return this.#ask(step, null, NO_PROBLEMS)
    if (form === null) return this.#ask(step, null, new Map([['', new UsageError('the form did not arrive whole', 'send it again')]]))
    const taken = this.#taking.then(() => this.#take(step, form))
    this.#taking = taken.catch(() => undefined)
    return taken
  }

  async #take(step: Step, form: Form): Promise<WizardAnswer> {
    if (this.#making !== null) return this.#make()
    const before = this.#draft
    const { draft, problems } = await step.submit(form, before)
    // Another request of the browser may have gone on to make it meanwhile: that one counts.
    if (this.#making !== null) return this.#make()
    const isOvertaken = !this.#revisions.isNow(step.path, form) && (problems.size > 0 || !isSame(step.path, before, draft))
    if (isOvertaken) return this.#ask(step, form, new Map([['', STEP_OVERTAKEN]]), 409)
    this.#draft = problems.size > 0 ? draft : { ...draft, answered: new Set([...draft.answered, step.path]) }
    if (problems.size === 0 || draft !== before) this.#revisions.took(step.path, before, draft)
    return problems.size > 0 ? this.#ask(step, form, problems) : goTo(this.#next())
  }

  /** The first step that was not answered, or what comes after them. */
  #next(): string {
    return this.#steps.find(({ path }) => !this.#draft.answered.has(path))?.path ?? '/review'
  }

  #ask(step: Step, entered: Form | null, problems: Problems, status = problems.size === 0 ? 200 : 422): WizardAnswer {
    const index = this.#steps.indexOf(step)
    const back = index === 0 ? '' : `<a href="${linkTo(this.#steps[index - 1]?.path ?? '')}">Back</a>`
    const content =
      `<form method="post" action="${linkTo(step.path)}"${step.multipart === true ? ' enctype="multipart/form-data"' : ''} novalidate>${this.#revisions.mark(step.path)}` +
      `${step.content(this.#draft, entered, problems)}<div class="actions"><button type="submit">Continue</button>${back}</div></form>`
    return this.#page(status, step.title, step.path, content, problems)
  }

  #review(problems: Problems, status = problems.size === 0 ? 200 : 422): WizardAnswer {
    const next = this.#next()
    if (next !== '/review') return goTo(next)
    const content =
      `${reviewHtml(this.#draft, this.#options.folder)}<form method="post" action="${linkTo('/make')}">${this.#revisions.mark(null)}<div class="actions">` +
      `<button type="submit">Make it, and start</button><a href="${linkTo(this.#steps.at(-1)?.path ?? '')}">Back</a></div></form>`
    return this.#page(status, 'All of it', '/review', content, problems)
  }

  /** A second press of the button waits for the first. */
  async #make(): Promise<WizardAnswer> {
    const next = this.#next()
    if (next !== '/review') return goTo(next)
    this.#making ??= this.#options.make(this.#draft)
    try {
      this.#made = await this.#making
      return goTo('/done')
    } catch (error) {
      this.#making = null
      if (!(error instanceof CertgateError)) throw error
      return this.#review(new Map([['', error]]))
    }
  }

  #done(made: Made, { userAgent }: WizardRequest): WizardAnswer {
    const password = this.#passwordShown ? null : made.password
    const html = doneHtml({ made, folder: this.#options.folder, password, userAgent })
    const runs = made.gateway.kind === 'runs'
    return {
      ...this.#page(200, runs ? 'It runs' : 'It was made, and does not run', '/done', html, NO_PROBLEMS),
      sent: () => {
        this.#passwordShown = true
        if (!runs) this.#options.over()
      },
    }
  }

  #rootCertificate({ folder }: Made): WizardAnswer {
    return fileAnswer('ca.crt', 'application/x-x509-ca-cert', readFileSync(join(folder, 'ca', 'ca.crt')))
  }

  /** A transfer that broke off may be tried again. */
  #pfx({ folder }: Made): WizardAnswer {
    if (this.#fetched || this.#fetching) return this.#gone()
    this.#fetching = true
    const bytes = readFileSync(join(folder, 'clients', 'admin.pfx'))
    return {
      ...fileAnswer('admin.pfx', 'application/x-pkcs12', bytes, () => {
        this.#fetched = true
        this.#options.over()
      }),
      brokeOff: () => {
        this.#fetching = false
      },
    }
  }

  #gone(): WizardAnswer {
    return this.#page(
      410,
      'It was downloaded',
      '/done',
      '<p>The certificate was given out once. It is in the folder too: clients/admin.pfx.</p>',
      NO_PROBLEMS,
    )
  }

  #missing(path: string): WizardAnswer {
    const first = '../'.repeat(path.split('/').length - 2) || './'
    return this.#page(404, 'No such page', '', `<p><a href="${first}">Go on with the setup</a></p>`, NO_PROBLEMS)
  }

  #page(status: number, title: string, path: string, content: string, problems: Problems): WizardAnswer {
    return htmlAnswer(status, page({ title, steps: path === '' ? '' : this.#stepsHtml(path), problems, content }))
  }

  #stepsHtml(current: string): string {
    const all = [...this.#steps, { path: '/review', name: 'Review' }, { path: '/done', name: 'Done' }]
    const items = all.map(({ path, name }) => {
      if (path === current) return `<li aria-current="step">${escapeHtml(name)}</li>`
      return `<li>${this.#made === null && this.#draft.answered.has(path) ? `<a href="${linkTo(path)}">${escapeHtml(name)}</a>` : escapeHtml(name)}</li>`
    })
    return `<nav aria-label="Steps"><ol>${items.join('')}</ol></nav>`
  }
}
