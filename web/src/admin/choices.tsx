/** One of a few, all of which are seen. */
import { useId } from 'react';
import type { ReactNode } from 'react';
import './choices.css';

export interface ChoicesProps<Option extends string> {
  readonly legend: string;
  readonly options: readonly Option[];
  readonly labels: Readonly<Record<Option, string>>;
  /** What each means, where its label does not say it. */
  readonly whys?: Readonly<Record<Option, string>> | undefined;
  readonly chosen: Option;
  readonly onChoose: (option: Option) => void;
}

export function Choices<Option extends string>(props: ChoicesProps<Option>): ReactNode {
  const { legend, options, labels, whys, chosen, onChoose } = props;
  const name = useId();
  return (
    <fieldset className="choices">
      <legend>{legend}</legend>
      <div className={whys === undefined ? 'choices-row' : 'choices-column'}>
        {options.map((option) => {
          const whyId = `${name}-${option}`;
          return (
            <div key={option} className="choice">
              <label>
                <input
                  type="radio"
                  name={name}
                  value={option}
                  checked={option === chosen}
                  aria-describedby={whys === undefined ? undefined : whyId}
                  onChange={() => onChoose(option)}
                />
                <span className="choice-label">{labels[option]}</span>
              </label>
              {whys === undefined ? null : (
                <span id={whyId} className="choice-why">
                  {whys[option]}
                </span>
              )}
            </div>
          );
        })}
      </div>
    </fieldset>
  );
}
