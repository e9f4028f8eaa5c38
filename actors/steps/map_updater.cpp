#include "truckee/actors/steps/map_updater.hpp"

#include "truckee/actors/shell/link_reads.hpp"
#include "truckee/actors/shell/offload.hpp"
#include "truckee/actors/shell/owed_answers.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/grid/strict/rules.hpp"
#include "truckee/shares/sighting.hpp"

#include <fmt/format.h>
#include <utility>

namespace truckee::actors {

namespace {

using namespace messages;
using clock = std::chrono::steady_clock;

/// Maps that are done sooner tell nobody how far they are.
constexpr auto quiet_time = std::chrono::milliseconds(100);
/// The least time that a reader waits for the first servers alone: on a fast network the others cost more than the wait.
constexpr auto first_least = std::chrono::milliseconds(20);

/// Does what grid::map_update says; stays, so that whoever reads can ask for more of the same map.
class map_updater_state {
public:
  using handle = extended<map_updater, void(continuation)>;
  static constexpr const char* name = "truckee.map_updater";

  map_updater_state(shell<map_updater_state>* self, map_task task)
    : self_(self), context_(std::move(task.context)), services_(context_.services),
      wants_key_(task.request.mode == grid::map_mode::write || task.request.mode == grid::map_mode::repair),
      // A write's tests and a strict reader's certainty want all of a slot; so does who looks a second time.
      names_shares_(task.request.mode == grid::map_mode::read && !task.request.ask_all && !task.strict),
      slots_(task.strict ? std::optional<grid::slot_map>(*task.strict) : std::nullopt),
      update_(std::move(task.request)) {}

  behavior<handle> make_behavior() {
    return {
        [this](const map_file&) { return answer_later(true); },
        [this](const map_more&) { return answer_later(update_.ask_more()); },
        [this](const stop& x) { on_stop(x); },
        [](const continuation& rest) { rest.run(); },
    };
  }

private:
  caf::result<map_answer> answer_later(bool more) {
    auto promise = self_->template make_response_promise<map_answer>();
    waiting_.emplace_back(promise, more);
    pump();
    return promise;
  }

  void pump() {
    for (const auto& action : update_.next()) {
      if (action.what == grid::map_action::kind::ask)
        ask(action.server);
      else
        fetch_private_key(action.server, action.share);
    }
    if (update_.done()) {
      answer();
      return;
    }
    watch_the_slow();
    watch_the_first();
  }

  // -- servers slower than the others --

  void watch_the_slow() {
    owed_.watch(self_, [this] {
      if (update_.done())
        return;
      if (leave_the_slow())
        pump();
      else
        watch_the_slow();
    });
  }

  /// Others are asked once one of the first takes twice as long as the slowest of them that have answered.
  void watch_the_first() {
    if (answered_ == 0 || !update_.waits_for_the_first() || std::exchange(first_are_watched_, true))
      return;
    self_->after(std::max<duration>(first_least, std::chrono::duration_cast<duration>(2 * owed_.slowest())),
                 [this] {
                   if (update_.done() || !update_.waits_for_the_first())
                     return;
                   update_.widen();
                   pump();
                 });
  }

  /// True where one is waited for no longer.
  bool leave_the_slow() {
    bool any = false;
    // R1: once enough have answered and nobody seems at work, the others are not waited for to the end.
    const bool short_cut = wants_key_ && slots_ && grid::strict::may_cut_short(*slots_);
    for (const auto& id : short_cut ? update_.in_flight() : update_.dispensable()) {
      if (update_.done())
        break; // without the others: they may be asked again
      if (!owed_.is_slow(id))
        continue;
      owed_.left(id);
      gave_no_answer(id, owed_.why_left());
      any = true;
    }
    return any;
  }

  void gave_no_answer(const server_id& id, const std::string& why) {
    update_.on_failure(id, why);
    logs::say(services_->log, logs::events::map_gap,
              {{"operation", context_.operation}, {"server", context_.name_of(id)}, {"reason", why}});
  }

  void answer() {
    auto mapped = std::make_shared<mapped_file>();
    mapped->map = update_.map();
    mapped->end = update_.end();
    mapped->key = key_;
    mapped->heads = heads_;
    mapped->slots = slots_;
    mapped->seconds = services_->time->seconds_since(start_);
    if (logs::wants(services_->log, logs::events::map_made))
      logs::say(services_->log, logs::events::map_made,
                {{"operation", context_.operation},
                 {"slot", crypto::to_base32(context_.access.slot.view()).substr(0, 5)},
                 {"versions", mapped->map.versions().size()},
                 {"shares", mapped->map.shares().size()},
                 {"bad", mapped->map.bad_shares().size()},
                 {"failed_servers", mapped->map.servers_failed().size()},
                 {"seconds", mapped->seconds}});
    auto waiting = std::move(waiting_);
    waiting_.clear();
    for (auto& [promise, more] : waiting)
      promise.deliver(map_answer{mapped, more});
  }

  void on_stop(const stop&) {
    update_.cancel();
    answer();
    self_->quit();
  }

  template <class Then>
  void read(const server_entry& entry, grid::slot_read request, std::uint64_t bytes, Then then) {
    read_from(self_, entry.link, std::move(request), duration(services_->limits.server_deadline(bytes)),
              then);
  }

  void ask(const server_id& id) {
    const auto* entry = context_.servers->find(id);
    if (entry == nullptr) {
      update_.on_failure(id, "it is not in the grid file any more");
      return;
    }
    ++asked_;
    owed_.asked(id);
    tell();
    look(id, *entry,
         names_shares_ ? services_->places->of(context_.access.slot, id) : std::vector<share_number>{});
  }

  /// At those shares, or at all that are there.
  void look(const server_id& id, const server_entry& entry, std::vector<share_number> named) {
    read(entry, grid::slot_read{context_.access.slot, named, {{0, shares::first_read_size}}}, 0,
         [this, id, entry = &entry, named](const read_answer& x) {
           if (!named.empty() && !update_.done() && went_well(x) && x.answer.reads.size() < named.size()) {
             look(id, *entry, {}); // they are elsewhere now
             return;
           }
           count_read(services_->metrics->server(entry->name), x);
           if (!owed_.answered(id, x.seconds))
             return;
           ++answered_;
           tell();
           if (!went_well(x)) {
             gave_no_answer(id, reason_of(x));
             pump();
             return;
           }
           if (named.empty())
             remember(id, x.answer);
           offload(
               self_, *services_->compute, bytes_in(x.answer),
               [access = context_.access, answer = x.answer, wants = wants_key_, slot = slots_.has_value()] {
                 return (slot ? shares::look_at_slot : shares::look_at)(access, answer,
                                                                        shares::first_read_size, wants);
               },
               [this, id](shares::sighting&& seen) { on_seen(id, std::move(seen)); });
         });
  }

  void remember(const server_id& id, const grid::slot_read_answer& answer) {
    std::vector<share_number> shares;
    if (answer.damaged.empty()) // or they would not be looked at again
      for (const auto& [share, parts] : answer.reads)
        shares.push_back(share);
    services_->places->saw(context_.access.slot, id, std::move(shares));
  }

  static std::uint64_t bytes_in(const grid::slot_read_answer& answer) {
    std::uint64_t sum = 0;
    for (const auto& [share, parts] : answer.reads)
      for (const auto& part : parts)
        sum += part.size();
    return sum;
  }

  /// Says once the quiet time is over whom it waits for, and from then on at each answer.
  void tell() {
    if (!context_.listener || waiting_.empty())
      return;
    if (!std::exchange(tell_is_due_, true))
      send_later(self_, duration(quiet_time), continuation{[this] {
                   quiet_ = false;
                   tell();
                 }});
    if (quiet_)
      return;
    operation_progress out;
    out.operation = context_.operation;
    out.text = fmt::format("Mapping shares: {} of {} servers answered", answered_, asked_);
    out.progress = context_.span.at(answered_, context_.servers->entries().size());
    send(self_, context_.listener, std::move(out));
  }

  void on_seen(const server_id& id, shares::sighting&& seen) {
    for (auto& [share, head] : seen.heads)
      heads_.insert_or_assign({id, share}, std::move(head));
    for (const auto& bad : seen.answer.bad) {
      tell_corrupt_share(context_, {id, bad.share}, bad.reason);
      if (!bad.seen.empty())
        advise_server(self_, context_, {id, bad.share}, bad.reason, [] {});
    }
    if (!seen.answer.bad.empty())
      services_->places->saw(context_.access.slot, id, {}); // next time it is asked for all it has
    if (seen.private_key && !key_)
      key_ = std::move(seen.private_key);
    if (slots_ && seen.slot)
      slots_->know(id, std::move(*seen.slot));
    update_.on_answer(id, seen.answer);
    pump();
  }

  /// The private key stands at the end of a share, for larger files beyond the first read.
  void fetch_private_key(const server_id& id, share_number share) {
    const auto* entry = context_.servers->find(id);
    const auto head = heads_.find({id, share});
    const auto range = head == heads_.end() ? std::nullopt : shares::private_key_range(head->second);
    if (entry == nullptr || !range) {
      update_.on_private_key(id, share, false);
      pump();
      return;
    }
    read(*entry, grid::slot_read{context_.access.slot, {share}, {*range}}, range->length,
         [this, id, share](const read_answer& x) {
           const auto at = x.answer.reads.find(share);
           if (x.how != delivery::answered || at == x.answer.reads.end() || at->second.size() != 1) {
             update_.on_private_key(id, share, false);
             pump();
             return;
           }
           offload(
               self_, *services_->compute,
               [access = context_.access, encrypted = at->second.front()] {
                 return shares::open_private_key(access, encrypted.view());
               },
               [this, id, share](std::optional<crypto::private_key>&& key) {
                 if (key && !key_)
                   key_ = std::move(key);
                 update_.on_private_key(id, share, key_.has_value());
                 pump();
               });
         });
  }

  shell<map_updater_state>* self_;
  operation_context context_;
  services_ptr services_;
  owed_answers<server_id> owed_{services_};
  std::size_t asked_ = 0;
  std::size_t answered_ = 0; ///< or failed
  bool tell_is_due_ = false;
  bool quiet_ = true;
  bool first_are_watched_ = false;
  bool wants_key_;
  bool names_shares_;                   ///< those that a server had, where that is known, and no others
  std::optional<grid::slot_map> slots_; ///< of a file that is kept strictly
  grid::map_update update_;
  std::map<grid::share_place, shared_bytes> heads_;
  std::optional<crypto::private_key> key_;
  std::vector<std::pair<caf::typed_response_promise<map_answer>, bool>> waiting_;
  clock::time_point start_ = services_->time->now();
};

} // namespace

map_task map_task_for(const operation_context& of, grid::map_mode mode, progress_span span) {
  map_task out{.context = of.part(span), .request = {}};
  out.request.mode = mode;
  out.request.servers = of.servers->permuted(of.access.slot);
  out.request.limits = of.services->limits;
  return out;
}

map_task strict_map_task_for(const operation_context& of, grid::map_mode mode, progress_span span,
                             const grid::strict_setting& setting, bool confirmed) {
  auto out = map_task_for(of, mode, span);
  const bool plain = mode == grid::map_mode::read && !confirmed;
  out.request.servers = plain ? setting.servers() : setting.all_servers();
  std::erase_if(out.request.servers, [&](const server_id& id) { return of.servers->find(id) == nullptr; });
  out.request.k = setting.k();
  out.request.n = setting.n();
  if (mode == grid::map_mode::read)
    out.request.hear_least = setting.heard_by_readers();
  if (confirmed) // by fewer none can be; of two sets, which share all servers but one
    out.request.hear_least =
        std::max(out.request.hear_least, setting.confirming()) + (setting.shared() ? 1 : 0);
  out.request.ask_all = !plain;
  out.strict = setting;
  return out;
}

messages::map_updater spawn_map_updater(caf::actor_system& system, map_task task) {
  return messages::spawn<map_updater_state>(system, std::move(task));
}

} // namespace truckee::actors
