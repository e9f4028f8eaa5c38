#include "truckee/actors/server/storage_server.hpp"

#include "truckee/actors/shell/metric_words.hpp"
#include "truckee/actors/shell/offload.hpp"
#include "truckee/base/text.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/metrics/metrics.hpp"

#include <algorithm>
#include <deque>
#include <map>

namespace truckee::actors {

namespace {

using namespace messages;

/// What a store that waits for nothing is given here, where a larger one would keep others waiting: bytes to write or to read.
constexpr std::uint64_t quick_bytes_max = 64 * 1024;

/// Of a stranger's words in the log.
constexpr std::size_t logged_reason_max = 200;

std::uint64_t bytes_of(const grid::read_test_write& request) {
  std::uint64_t sum = 0;
  for (const auto& change : request.changes)
    for (const auto& write : change.writes)
      sum += write.data.size();
  return sum;
}

/// It may take away a file of gigabytes.
bool makes_of_staged(const grid::read_test_write& request) {
  return std::ranges::any_of(request.changes, [](const auto& change) { return change.staged.has_value(); });
}

std::uint64_t bytes_of(const grid::slot_read& request) {
  std::uint64_t sum = 0;
  for (const auto& read : request.reads)
    sum += std::min(read.length, quick_bytes_max + 1);
  return sum;
}

/// Runs each slot's calls one after another.
class storage_server_state {
public:
  using handle = extended<storage_server, void(stop), void(continuation), void(use_expiry)>;
  static constexpr const char* name = "truckee.storage_server";
  static constexpr bool stays = true;

  storage_server_state(shell<storage_server_state>* self, services_ptr services,
                       std::shared_ptr<storage::share_store> store, const std::string& label,
                       storage_server_limits limits, storage_server_expiry expiry,
                       std::shared_ptr<storage::advice_book> advice,
                       std::shared_ptr<storage::group_commit> group)
    : self_(self), services_(std::move(services)), store_(std::move(store)),
      events_(services_->metrics->store(label)), limits_(limits), expiry_(std::move(expiry)),
      advice_(std::move(advice)), group_(std::move(group)), label_(label) {}

  behavior<handle> make_behavior() {
    measure_later({});
    begin_looking();
    return {
        [this](const hello& x) { return introduce_store(x); },
        [this](const grid::read_test_write& x) {
          const auto bytes = bytes_of(x);
          if (is_quick(x.slot, bytes) && !makes_of_staged(x))
            return run_here<grid::read_test_write_answer>(
                x.slot, bytes, metrics::storage_operation::read_test_write,
                [&x](auto& store) { return store.read_test_write(x); });
          if (group_)
            return run_in_group(x, bytes);
          return run<grid::read_test_write_answer>(
              x.slot, bytes, metrics::storage_operation::read_test_write,
              [request = x](auto& store) { return store.read_test_write(request); });
        },
        [this](const grid::slot_read& x) {
          if (begins_quickly(x.slot, bytes_of(x)))
            return run_here<grid::slot_read_answer>(x.slot, 0, metrics::storage_operation::read,
                                                    [&x](auto& store) { return store.read(x); });
          return run<grid::slot_read_answer>(x.slot, 0, metrics::storage_operation::read,
                                             [request = x](auto& store) { return store.read(request); });
        },
        [this](const add_lease& x) {
          return run<lease_answer>(x.slot, 0, metrics::storage_operation::lease, [request = x](auto& store) {
            auto answer = store.add_lease(request.slot, request.renew, request.cancel);
            return lease_answer{answer.status, std::move(answer.detail)};
          });
        },
        [this](const read_leases& x) {
          return run<stored_leases>(x.slot, 0, metrics::storage_operation::lease,
                                    [request = x](auto& store) { return list_leases(store, request); });
        },
        [this](const share_advice& x) { return take_advice(x); },
        [this](const grid::stage_piece& x) {
          return run<grid::stage_answer>(x.slot, x.piece.data.size(), metrics::storage_operation::stage,
                                         [request = x](auto& store) { return store.stage(request); });
        },
        [this](const stop&) { self_->quit(); },
        [](const continuation& rest) { rest.run(); },
        [this](const use_expiry& x) {
          expiry_.settings = *x.settings;
          ++look_; // what a look that is under way was told to do is not to be done any more
          scan_.reset();
          begin_looking();
        },
    };
  }

private:
  static stored_leases list_leases(storage::share_store& store, const read_leases& request) {
    stored_leases out;
    const auto found = store.leases(request.slot);
    if (!found) {
      out.status = grid::storage_status::io_error;
      out.detail = to_string(found.error());
      return out;
    }
    for (const auto& [share, leases] : *found)
      for (const auto& lease : leases)
        out.leases.push_back({share, lease.expires, storage::renews(lease, request.renew)});
    return out;
  }

  caf::result<grid::store_info> introduce_store(const hello& x) {
    if (const auto other = mismatch(x, storage_protocol, "store")) {
      logs::say(services_->log, logs::events::peer_refused, {{"what", "storage"}, {"reason", *other}});
      return refuse(*other);
    }
    auto promise = self_->template make_response_promise<grid::store_info>();
    offload(
        self_, *services_->blocking, [store = store_] { return store->info(); },
        [promise](grid::store_info info) mutable { promise.deliver(std::move(info)); });
    return promise;
  }

  caf::result<advice_answer> take_advice(const share_advice& x) {
    if (x.reason.empty() || x.reason.size() > advice_reason_max)
      return advice_answer{grid::storage_status::malformed,
                           "a reason has 1 to " + std::to_string(advice_reason_max) + " bytes"};
    return run<advice_answer>(
        x.slot, 0, metrics::storage_operation::advice,
        [x, book = advice_, now = services_->time->unix_now()](auto& store) {
          return write_down(store, book.get(), x, std::chrono::duration_cast<std::chrono::seconds>(now));
        },
        [this, x](const advice_answer& answer) {
          if (answer.status != grid::storage_status::not_found)
            tell_advice(x);
        });
  }

  /// Of a share that is there; whoever makes one up is not written down.
  static advice_answer write_down(storage::share_store& store, storage::advice_book* book,
                                  const share_advice& x, std::chrono::seconds now) {
    const auto found = store.read(grid::slot_read{x.slot, {x.share}, {}});
    if (found.status != grid::storage_status::ok)
      return {found.status, found.detail};
    if (!found.reads.contains(x.share) && !found.damaged.contains(x.share))
      return {grid::storage_status::not_found, "there is no such share"};
    if (book == nullptr)
      return {};
    const auto kept = book->keep(x.slot, x.share, x.reason, now);
    return kept ? advice_answer{} : advice_answer{grid::storage_status::io_error, kept.error().detail};
  }

  void tell_advice(const share_advice& x) {
    events_.corruption_advised();
    logs::say(services_->log, logs::events::corruption_advised,
              {{"store", label_},
               {"slot", crypto::to_base32(x.slot.view()).substr(0, 5)},
               {"share", x.share.value},
               {"reason", escaped(std::string_view(x.reason).substr(0, logged_reason_max))}});
  }

  /// Whether a call may run in the actor: none of that slot is under way, and it waits for nothing.
  bool is_quick(const storage_index& slot, std::uint64_t bytes) const {
    return bytes <= quick_bytes_max && !slots_.contains(slot) && store_->is_quick(slot);
  }

  /// The same of a read, and of the beginning of a write that then waits for a disk.
  bool begins_quickly(const storage_index& slot, std::uint64_t bytes) const {
    return bytes <= quick_bytes_max && !slots_.contains(slot) && store_->begins_quickly(slot);
  }

  /// Two hand-overs to other threads less than run(), which for small shares take longer than the call.
  template <class Answer, class Call>
  caf::result<Answer> run_here(const storage_index& slot, std::uint64_t bytes,
                               metrics::storage_operation kind, Call call) {
    const auto start = services_->time->now();
    Answer answer = call(*store_);
    tell_done(kind, slot, answer, bytes, services_->time->seconds_since(start));
    return answer;
  }

  template <class Answer>
  void tell_done(metrics::storage_operation kind, const storage_index& slot, const Answer& answer,
                 std::uint64_t bytes, double seconds) {
    count(kind, answer.status, seconds, bytes);
    count_read(answer);
    tell(kind, slot, answer, bytes, seconds);
  }

  template <class Answer>
  std::optional<Answer> refused_for_load(std::uint64_t bytes, metrics::storage_operation kind) {
    if (queued_calls_ >= limits_.queued_calls_max ||
        (bytes > 0 && queued_calls_ > 0 && queued_bytes_ + bytes > limits_.queued_bytes_max)) {
      logs::say(services_->log, logs::events::storage_refused,
                {{"store", label_},
                 {"kind", metrics::to_label(kind)},
                 {"queued_calls", queued_calls_},
                 {"queued_bytes", queued_bytes_}});
      Answer busy;
      busy.status = grid::storage_status::refused;
      busy.detail = "the server has too much queued; ask again later";
      return busy;
    }
    return std::nullopt;
  }

  /// A write that waits for the disk together with those of other slots and stores: no thread is held for it.
  caf::result<grid::read_test_write_answer> run_in_group(const grid::read_test_write& x,
                                                         std::uint64_t bytes) {
    using answer = grid::read_test_write_answer;
    constexpr auto kind = metrics::storage_operation::read_test_write;
    if (auto busy = refused_for_load<answer>(bytes, kind))
      return std::move(*busy);
    const bool is_here = begins_quickly(x.slot, bytes) && !makes_of_staged(x);
    ++queued_calls_;
    queued_bytes_ += bytes;
    auto promise = self_->template make_response_promise<answer>();
    auto me = caf::actor_cast<handle>(self_->ctrl());
    in_turn(x.slot, [this, promise, bytes, is_here, me = std::move(me), request = x]() mutable {
      const auto slot = request.slot;
      auto done = [this, promise, slot, bytes, me, start = services_->time->now()](answer got) {
        auto value = std::make_shared<answer>(std::move(got));
        messages::send_anonymously(me, continuation{[this, promise, slot, bytes, start, value]() mutable {
                                     tell_done(kind, slot, *value, bytes,
                                               services_->time->seconds_since(start));
                                     promise.deliver(std::move(*value));
                                     finished(slot, bytes);
                                   }});
      };
      if (is_here)
        return group_->write(store_, std::move(request), std::move(done));
      services_->blocking->submit(
          [group = group_, store = store_, request = std::move(request), done = std::move(done)]() mutable {
            group->write(std::move(store), std::move(request), std::move(done));
          });
    });
    return promise;
  }

  /// `look` sees the answer before who asked.
  template <class Answer, class Call, class Look = void (*)(const Answer&)>
  caf::result<Answer> run(
      const storage_index& slot, std::uint64_t bytes, metrics::storage_operation kind, Call call,
      Look look = [](const Answer&) {}) {
    if (auto busy = refused_for_load<Answer>(bytes, kind))
      return std::move(*busy);
    ++queued_calls_;
    queued_bytes_ += bytes;
    auto promise = self_->template make_response_promise<Answer>();
    auto job = [this, promise, slot, bytes, kind, call = std::move(call), look = std::move(look)]() mutable {
      offload(
          self_, *services_->blocking,
          [store = store_, time = services_->time, call = std::move(call)] {
            const auto start = time->now();
            auto answer = call(*store);
            return std::pair(std::move(answer), time->seconds_since(start));
          },
          [this, promise, slot, bytes, kind, look = std::move(look)](auto&& done) mutable {
            tell_done(kind, slot, done.first, bytes, done.second);
            look(done.first);
            promise.deliver(std::move(done.first));
            finished(slot, bytes);
          });
    };
    in_turn(slot, std::move(job));
    return promise;
  }

  /// Runs the job once all earlier ones of its slot have finished; its end calls next_of().
  void in_turn(const storage_index& slot, std::function<void()> job) {
    auto& queue = slots_[slot];
    queue.push_back(std::move(job));
    if (queue.size() == 1)
      queue.front()();
  }

  void finished(const storage_index& slot, std::uint64_t bytes) {
    --queued_calls_;
    queued_bytes_ -= bytes;
    next_of(slot);
  }

  void next_of(const storage_index& slot) {
    const auto at = slots_.find(slot);
    at->second.pop_front();
    if (at->second.empty())
      slots_.erase(at);
    else
      at->second.front()();
  }

  void count_read(const grid::slot_read_answer& answer) {
    std::uint64_t sum = 0;
    for (const auto& [number, ranges] : answer.reads)
      for (const auto& data : ranges)
        sum += data.size();
    events_.bytes_read(sum);
  }
  template <class Other>
  void count_read(const Other&) {}

  /// Slots and free bytes, from time to time: others write to the same disk, too. What was staged and left goes before.
  void measure_later(duration pause) {
    send_later(self_, pause, continuation{[this] {
                 offload(
                     self_, *services_->blocking,
                     [store = store_] {
                       store->let_go_idle();
                       return store->info();
                     },
                     [this](const grid::store_info& info) {
                       events_.slots_are(info.slots);
                       events_.available_bytes_are(info.bytes_available);
                       tell_space(info.bytes_available);
                       measure_later(std::chrono::seconds(2));
                     });
               }});
  }

  // --- expiry: one slot at a time, each in its turn among the slot's calls ---

  void begin_looking() {
    if (expiry_.settings.mode != storage::expiry_mode::off)
      look_later(std::min<duration>(expiry_.first, expiry_.settings.interval));
  }

  void look_later(duration pause) {
    self_->cancel(next_look_);
    next_look_ = send_later(self_, pause, continuation{[this, look = look_] {
                              offload(
                                  self_, *services_->blocking, [store = store_] { return store->slots(); },
                                  [this, look](const result<std::vector<storage_index>>& slots) {
                                    if (look == look_)
                                      begin_look(slots);
                                  });
                            }});
  }

  void begin_look(const result<std::vector<storage_index>>& slots) {
    const auto mode = expiry_.settings.mode;
    if (!slots) {
      expiry_.report({.mode = mode, .failed = 1, .first_failure = to_string(slots.error())});
      return look_later(expiry_.settings.interval);
    }
    scan_.emplace(mode, *slots);
    const auto half = std::chrono::duration_cast<std::chrono::milliseconds>(expiry_.settings.interval) / 2;
    pause_ = std::min(expiry_.pause, half / static_cast<std::int64_t>(slots->size() + 1));
    look_at_next();
  }

  void look_at_next() {
    const auto slot = scan_->next();
    if (!slot)
      return end_look();
    in_turn(*slot, [this, slot = *slot, look = look_] {
      if (look != look_) { // not from here: next_of() destroys what runs
        send_later(self_, duration::zero(), continuation{[this, slot] { next_of(slot); }});
        return;
      }
      offload(
          self_, *services_->blocking,
          [store = store_, slot, now = expiry_.now, policy = expiry_.settings.policy(),
           dry_run = expiry_.settings.mode != storage::expiry_mode::on] {
            return store->expire(slot, now(), policy, dry_run);
          },
          [this, slot, look](const result<storage::slot_expiry>& what) {
            if (look != look_)
              return next_of(slot);
            scan_->took(slot, what);
            next_of(slot);
            send_later(self_, pause_, continuation{[this, look] {
                         if (look == look_)
                           look_at_next();
                       }});
          });
    });
  }

  void end_look() {
    const auto& found = scan_->report();
    events_.looked_for_expired(found.shares, found.bytes, found.mode == storage::expiry_mode::on);
    logs::say(services_->log, logs::events::leases_expired,
              {{"store", label_},
               {"mode", found.mode == storage::expiry_mode::on ? "on" : "dry-run"},
               {"slots", found.slots},
               {"shares", found.shares},
               {"bytes", found.bytes},
               {"kept", found.kept},
               {"failed", found.failed}});
    expiry_.report(found);
    scan_.reset();
    look_later(expiry_.settings.interval);
  }

  void count(metrics::storage_operation kind, grid::storage_status status, double seconds,
             std::uint64_t bytes) {
    events_.served(kind, outcome_of(status), std::chrono::duration<double>(seconds));
    if (status == grid::storage_status::ok && bytes > 0)
      events_.bytes_written(bytes);
  }

  template <class Answer>
  void tell(metrics::storage_operation kind, const storage_index& slot, const Answer& answer,
            std::uint64_t bytes, double seconds) {
    using grid::storage_status;
    const bool expected = answer.status == storage_status::ok ||
                          answer.status == storage_status::test_failed ||
                          answer.status == storage_status::not_found;
    if (!logs::wants(services_->log, expected ? logs::events::storage_request : logs::events::storage_failed))
      return;
    const auto outcome = to_word(answer.status);
    const auto short_slot = crypto::to_base32(slot.view()).substr(0, 5);
    if (expected) {
      logs::say(services_->log, logs::events::storage_request,
                {{"store", label_},
                 {"kind", metrics::to_label(kind)},
                 {"slot", short_slot},
                 {"outcome", outcome},
                 {"bytes", bytes},
                 {"seconds", seconds}});
      return;
    }
    if constexpr (requires { answer.recorded_node; })
      if (answer.status == storage_status::bad_write_enabler) {
        logs::say(services_->log, logs::events::write_enabler_mismatch,
                  {{"store", label_},
                   {"slot", short_slot},
                   {"recorded_by",
                    answer.recorded_node ? crypto::to_base32(answer.recorded_node->view()) : std::string()}});
        return;
      }
    logs::say(services_->log, logs::events::storage_failed,
              {{"store", label_},
               {"kind", metrics::to_label(kind)},
               {"slot", short_slot},
               {"outcome", outcome},
               {"detail", answer.detail}});
  }

  void tell_space(std::uint64_t available) {
    const bool low = available < limits_.space_low_bytes;
    if (low != space_low_)
      logs::say(services_->log, low ? logs::events::space_low : logs::events::space_back,
                {{"store", label_}, {"bytes_available", available}});
    space_low_ = low;
  }

  shell<storage_server_state>* self_;
  services_ptr services_;
  std::shared_ptr<storage::share_store> store_;
  metrics::store_events& events_;
  storage_server_limits limits_;
  storage_server_expiry expiry_;
  std::shared_ptr<storage::advice_book> advice_;
  std::shared_ptr<storage::group_commit> group_; ///< null: nothing waits for a disk, or each call by itself
  std::uint64_t look_ = 0; ///< grows when the rules change: whatever belongs to another one does nothing more
  deadline_ticket next_look_;
  std::optional<storage::expiry_scan> scan_;                         ///< while one look lasts
  std::chrono::milliseconds pause_{};                                ///< between its slots
  std::map<storage_index, std::deque<std::function<void()>>> slots_; ///< front: the one that runs
  std::size_t queued_calls_ = 0;
  std::uint64_t queued_bytes_ = 0;
  std::string label_;
  bool space_low_ = false;
};

} // namespace

messages::storage_server spawn_storage_server(caf::actor_system& system, services_ptr services,
                                              std::shared_ptr<storage::share_store> store,
                                              const std::string& name, storage_server_limits limits,
                                              storage_server_expiry expiry,
                                              std::shared_ptr<storage::advice_book> advice,
                                              const std::shared_ptr<storage::group_commits>& groups) {
  const auto* disk = store->disk();
  auto group = groups && disk != nullptr ? groups->of(*disk) : nullptr;
  return messages::spawn<storage_server_state>(system, std::move(services), std::move(store), name, limits,
                                               std::move(expiry), std::move(advice), std::move(group));
}

} // namespace truckee::actors
