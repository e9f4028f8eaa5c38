#pragma once

#include "truckee/messages/types.hpp"

#include <memory>
#include <vector>

namespace truckee::actors {

/// One answer from each of several actors, in the order they were asked; an error where none came in time.
template <class Answer>
using gathered = std::vector<result<Answer>>;

/// Asks `count` actors at once, the i-th `who(i)` by the message `question(i)`; `done(gathered<Answer>)` runs
/// once, when all have answered or their time is up.
template <class Answer, class Self, class Who, class Question, class Done>
void gather(Self* self, std::size_t count, messages::duration timeout, const Who& who,
            const Question& question, Done done) {
  /// The answers that came so far, and how many are awaited.
  struct collection {
    gathered<Answer> answers;
    std::size_t missing;
    Done done;
    void arrived(std::size_t i, result<Answer> answer) {
      answers[i] = std::move(answer);
      if (--missing == 0)
        done(std::move(answers));
    }
  };
  if (count == 0) {
    done(gathered<Answer>{});
    return;
  }
  auto all = std::make_shared<collection>(collection{gathered<Answer>(count), count, std::move(done)});
  for (std::size_t i = 0; i < count; ++i)
    messages::request(
        self, who(i), timeout, question(i), [all, i](const Answer& x) { all->arrived(i, x); },
        [self, all, i](const caf::error& e) {
          all->arrived(i, tl::unexpected(messages::as_error(e, self->system())));
        });
}

} // namespace truckee::actors
