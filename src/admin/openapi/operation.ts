import type { Operation } from './types.ts'

type Given = Partial<Pick<Operation, 'description' | 'parameters' | 'requestBody' | 'x-clearance'>>

export function operation(
  tag: string,
  operationId: string,
  summary: string,
  responses: Operation['responses'],
  given: Given = {},
): Operation {
  return { operationId, summary, tags: [tag], 'x-clearance': 'Operator', ...given, responses }
}
