#pragma once

#include "actors/deterministic.hpp"
#include "truckee/storage/memory_store.hpp"

#include <functional>
#include <map>

/// A storage server that does what a test tells it: by default what an honest store does.
namespace truckee::test {

struct server_script {
  std::shared_ptr<storage::share_store> store;
  /// Each gets the request and may answer in its own way; nothing: no answer, until release() or for ever.
  std::function<std::optional<grid::read_test_write_answer>(const grid::read_test_write&)> write;
  std::function<std::optional<grid::slot_read_answer>(const grid::slot_read&)> read;
  std::function<std::optional<grid::stage_answer>(const grid::stage_piece&)> stage;
  std::function<std::optional<grid::store_info>()> hello;
  bool ends = false;         ///< ends at the next call that gets no answer
  bool holds_advice = false; ///< answers advice at release()

  std::vector<grid::read_test_write> writes; ///< every write that came
  std::vector<grid::stage_piece> pieces;     ///< every piece that came
  std::vector<messages::share_advice> advice;
  std::size_t reads = 0;
  std::size_t hellos = 0;
  std::vector<std::function<void()>> held; ///< answers what was held back, as the store would

  void release(deterministic& run) {
    run.inside([answers = std::exchange(held, {})] {
      for (const auto& answer : answers)
        answer();
    });
  }
};

using script_ptr = std::shared_ptr<server_script>;

class scripted_server_state {
public:
  using handle = messages::storage_server;
  static constexpr const char* name = "truckee.test.scripted_server";

  scripted_server_state(messages::shell<scripted_server_state>* self, script_ptr script)
    : self_(self), script_(std::move(script)) {}

  messages::behavior<handle> make_behavior() {
    return {
        [this](const messages::hello&) {
          ++script_->hellos;
          return answer<grid::store_info>(script_->hello ? script_->hello() : script_->store->info(),
                                          [s = script_] { return s->store->info(); });
        },
        [this](const grid::read_test_write& x) {
          script_->writes.push_back(x);
          auto now = [s = script_, x] { return s->store->read_test_write(x); };
          return answer<grid::read_test_write_answer>(script_->write ? script_->write(x) : now(), now);
        },
        [this](const grid::slot_read& x) {
          ++script_->reads;
          auto now = [s = script_, x] { return s->store->read(x); };
          return answer<grid::slot_read_answer>(script_->read ? script_->read(x) : now(), now);
        },
        [](const messages::read_leases&) { return messages::stored_leases{}; },
        [this](const messages::share_advice& x) {
          script_->advice.push_back(x);
          const auto now = [] { return messages::advice_answer{}; };
          return answer<messages::advice_answer>(script_->holds_advice ? std::nullopt : std::optional(now()),
                                                 now);
        },
        [this](const grid::stage_piece& x) {
          script_->pieces.push_back(x);
          auto now = [s = script_, x] { return s->store->stage(x); };
          return answer<grid::stage_answer>(script_->stage ? script_->stage(x) : now(), now);
        },
        [this](const messages::add_lease& x) {
          const auto done = script_->store->add_lease(x.slot, x.renew, x.cancel);
          return messages::lease_answer{done.status, done.detail};
        },
    };
  }

private:
  template <class Answer, class Later>
  caf::result<Answer> answer(std::optional<Answer> now, Later later) {
    auto promise = self_->template make_response_promise<Answer>();
    if (now)
      promise.deliver(std::move(*now));
    else if (script_->ends)
      self_->quit(caf::exit_reason::user_shutdown);
    else
      script_->held.push_back([promise, later]() mutable { promise.deliver(later()); });
    return promise;
  }

  messages::shell<scripted_server_state>* self_;
  script_ptr script_;
};

inline server_id numbered_id(std::size_t number) {
  server_id out;
  out.data.fill(static_cast<std::byte>(0xa0 + number));
  out.data[0] = static_cast<std::byte>(number);
  return out;
}

/// Over a memory store of its own.
inline script_ptr make_script(std::size_t number, std::uint64_t capacity = std::uint64_t{1} << 40) {
  auto out = std::make_shared<server_script>();
  storage::memory_store_options options;
  options.id = numbered_id(number);
  options.capacity = capacity;
  out->store = storage::make_memory_store(std::move(options), [] { return std::uint64_t{1'700'000'000}; });
  return out;
}

} // namespace truckee::test
