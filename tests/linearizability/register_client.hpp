#pragma once

#include "linearizability/history.hpp"
#include "simulation/scenario.hpp"
#include "truckee/messages/types.hpp"

#include <atomic>
#include <functional>

/// Clients that use one share of a real storage_server as a register.
namespace truckee::test {

inline storage_index slot_numbered(std::uint64_t number) {
  storage_index out;
  store_be(out.view().first(8), number);
  return out;
}

inline shared_bytes register_bytes(register_value value) {
  if (value == 0)
    return {};
  bytes out(8);
  store_be(mutable_byte_view(out), value);
  return shared_bytes(std::move(out));
}

/// The register's value in an answer's read vectors; 0 where there is no share.
inline register_value value_in(const grid::share_reads& reads) {
  const auto found = reads.find(share_number{0});
  if (found == reads.end() || found->second.empty() || found->second[0].size() != 8)
    return 0;
  return load_be<std::uint64_t>(found->second[0].view());
}

inline grid::read_test_write test_and_set(const storage_index& slot, register_value expected,
                                          register_value sets) {
  grid::read_test_write out;
  out.slot = slot;
  out.reads = {{0, 8}};
  out.changes.push_back(
      {share_number{0}, {{0, 8, register_bytes(expected)}}, {{0, register_bytes(sets)}}, std::nullopt});
  return out;
}

struct client_plan {
  std::uint64_t seed = 0;
  storage_index slot;
  std::size_t operations = 2;
  double request_lost = 0.05, answer_lost = 0.1, late = 0.05, reads = 0.3;
  double staged = 0.3; ///< of the writes: their bytes are brought first, as those of a long share are
  register_value first_value = 1; ///< sets this value and those above it, one an operation
};

/// Does its operations one after another and hands in what it saw.
class register_client_state {
public:
  using handle = messages::protocol<void(messages::run), void(messages::continuation)>;
  using done = std::function<void(std::vector<register_operation>)>;
  static constexpr const char* name = "truckee.test.register_client";

  register_client_state(messages::shell<register_client_state>* self, messages::storage_server server,
                        client_plan plan, std::atomic<std::uint64_t>& time, done then)
    : self_(self), server_(std::move(server)), plan_(plan), time_(time), then_(std::move(then)),
      dice_(plan.seed) {}

  messages::behavior<handle> make_behavior() {
    return {[this](const messages::run&) { next(); }, [](const messages::continuation& rest) { rest.run(); }};
  }

private:
  void next() {
    if (seen_.size() == plan_.operations) {
      then_(std::move(seen_));
      // What is late must still arrive: the actor stays until then.
      if (late_ == 0)
        self_->quit();
      ended_ = true;
      return;
    }
    register_operation x;
    x.began = time_++;
    if (!dice_.chance(plan_.reads)) {
      x.sets = plan_.first_value + seen_.size();
      x.expected = believed_;
    }
    seen_.push_back(x);
    if (dice_.chance(plan_.request_lost))
      return forget();
    if (x.sets && dice_.chance(plan_.late))
      return send_late(x);
    const bool hear = !dice_.chance(plan_.answer_lost);
    if (x.sets && dice_.chance(plan_.staged))
      stage_first(x, hear);
    else if (x.sets)
      ask<grid::read_test_write_answer>(test_and_set(plan_.slot, x.expected, *x.sets), hear);
    else
      ask<grid::slot_read_answer>(grid::slot_read{plan_.slot, {}, {{0, 8}}}, hear);
  }

  /// The write makes the share of what was brought.
  void stage_first(const register_operation& x, bool hear) {
    auto request = test_and_set(plan_.slot, x.expected, *x.sets);
    auto& change = request.changes.front();
    staging_id id;
    store_be(id.view().first(8), *x.sets); // nobody sets it twice
    change.staged = id;
    grid::stage_piece piece{plan_.slot, change.share, id, std::exchange(change.writes, {}).front(), false};
    messages::request(
        self_, server_, std::chrono::minutes(1), std::move(piece),
        [this, hear, request = std::move(request)](const grid::stage_answer& answer) {
          if (answer.status == grid::storage_status::ok)
            ask<grid::read_test_write_answer>(request, hear);
          else
            forget();
        },
        [this](const caf::error&) { forget(); });
  }

  void send_late(const register_operation& x) {
    ++late_;
    messages::send_later(self_, std::chrono::microseconds(dice_.below(500)),
                         messages::continuation{[this, x] {
                           --late_;
                           send_unheard(test_and_set(plan_.slot, x.expected, *x.sets));
                           if (ended_ && late_ == 0)
                             self_->quit();
                         }});
    forget();
  }

  /// The operation stays unknown; the client goes on.
  void forget() { messages::send(self_, caf::actor_cast<handle>(self_->ctrl()), messages::run{}); }

  void send_unheard(grid::read_test_write request) {
    messages::request(
        self_, server_, std::chrono::minutes(1), std::move(request),
        [](const grid::read_test_write_answer&) {}, [](const caf::error&) {});
  }

  template <class Answer, class Request>
  void ask(Request request, bool hear) {
    messages::request(
        self_, server_, std::chrono::minutes(1), std::move(request),
        [this, hear, at = seen_.size() - 1](const Answer& answer) {
          if (hear)
            settle(at, answer);
        },
        [this, hear](const caf::error&) {
          if (hear)
            forget();
        });
    if (!hear)
      forget();
  }

  template <class Answer>
  void settle(std::size_t at, const Answer& answer) {
    auto& x = seen_[at];
    x.ended = time_++;
    x.seen = value_in(answer.reads);
    x.passed = x.sets && answer.status == grid::storage_status::ok;
    believed_ = x.passed ? *x.sets : x.seen;
    next();
  }

  messages::shell<register_client_state>* self_;
  messages::storage_server server_;
  client_plan plan_;
  std::atomic<std::uint64_t>& time_;
  done then_;
  simulation::dice dice_;
  register_value believed_ = 0;
  std::vector<register_operation> seen_;
  std::size_t late_ = 0;
  bool ended_ = false;
};

} // namespace truckee::test
