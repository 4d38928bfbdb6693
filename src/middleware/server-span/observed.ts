import { context, type Context } from '@opentelemetry/api'

/** The part of an Observable that is used here. */
interface ObservableLike {
  subscribe(observer: Observer): unknown
}

interface Observer {
  next(value: unknown): void
  error(error: unknown): void
  complete(): void
}

type ObservableClass = new (subscribe: (observer: Observer) => unknown) => unknown

/**
 * An Observable like the given one, whose work is done in the context, and whose error is told before it is passed on. Made
 * by the given one's own class, so that rxjs need not be there. What is no Observable comes back as it is.
 */
export function observed<T>(source: T, active: Context, onError: (error: unknown) => void): T {
  const constructor = observableClassOf(source)
  if (constructor === undefined) return source
  return new constructor((observer) =>
    context.with(active, () =>
      (source as ObservableLike).subscribe({
        next: (value) => observer.next(value),
        error(error) {
          onError(error)
          observer.error(error)
        },
        complete: () => observer.complete(),
      }),
    ),
  ) as T
}

/** Subjects inherit `subscribe`; only the class that has it takes a function of how to subscribe. */
function observableClassOf(source: unknown): ObservableClass | undefined {
  for (
    let prototype: unknown = source;
    typeof prototype === 'object' && prototype !== null;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    if (Object.hasOwn(prototype, 'subscribe')) return prototype.constructor as ObservableClass
  }
  return undefined
}
