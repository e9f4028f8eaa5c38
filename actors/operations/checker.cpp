#include "truckee/actors/operations/checker.hpp"

#include "truckee/actors/operations/replies.hpp"
#include "truckee/actors/shell/gather.hpp"
#include "truckee/actors/shell/link_reads.hpp"
#include "truckee/actors/shell/metric_words.hpp"
#include "truckee/actors/steps/map_updater.hpp"
#include "truckee/actors/steps/share_verifier.hpp"
#include "truckee/grid/strict/standing.hpp"
#include "truckee/shares/share_format.hpp"

#include <fmt/format.h>

namespace truckee::actors {

namespace {

using namespace messages;
using clock = std::chrono::steady_clock;

/// map -> leases, where they are wanted -> every byte, where that is wanted -> answer.
class checker_state {
public:
  using handle = checker;
  static constexpr const char* name = "truckee.checker";

  checker_state(shell<checker_state>* self, check_task task)
    : self_(self), task_(std::move(task)), context_(task_.context), services_(context_.services) {}

  behavior<handle> make_behavior() {
    return {
        [this](const run&) {
          const auto promise = self_->template make_response_promise<check_reply>();
          promise_ = promise;
          map();
          return caf::result<check_reply>(promise); // it may be answered already
        },
        [this](const stop& x) {
          stopped_ = x.reason;
          if (verifier_)
            send(self_, verifier_, stop{x.reason});
          else
            send(self_, mapper_, stop{x.reason});
        },
    };
  }

private:
  void tell(const char* text, double progress) { tell_progress(self_, context_, text, progress); }

  void map() {
    tell("Mapping shares", 0);
    auto task = map_task_for(context_, grid::map_mode::check, {0, task_.verify ? 0.1 : 0.9});
    task.strict = task_.strict;
    mapper_ = spawn_map_updater(self_->system(), std::move(task));
    messages::request(
        self_, mapper_, duration(services_->limits.publish_deadline), map_file{},
        [this](const map_answer& x) {
          mapped_ = x.mapped;
          map_ = x.mapped->map;
          if (task_.add_lease && !stopped_)
            add_leases();
          else
            verify_or_finish();
        },
        [this](const caf::error& e) { break_off(e); });
  }

  /// To every server, in parallel; one without a share says not_found, which is fine.
  void add_leases() {
    tell("Adding leases", task_.verify ? 0.1 : 0.9);
    const auto& servers = context_.servers->entries();
    const auto deadline = duration(services_->limits.server_deadline(0));
    gather<lease_slot_answer>(
        self_, servers.size(), deadline + link_grace, [&](std::size_t i) { return servers[i].link; },
        [&](std::size_t i) {
          const auto secrets =
              crypto::derive_lease_secrets(services_->lease, context_.access.slot, servers[i].id);
          return lease_slot{add_lease{context_.access.slot, secrets.renew, secrets.cancel}, deadline};
        },
        [this](const gathered<lease_slot_answer>& answers) {
          for (std::size_t i = 0; i < answers.size(); ++i)
            if (const auto problem = lease_problem(answers[i]))
              lease_problems_.push_back(
                  {context_.servers->entries()[i].name, server_outcome::lease_not_added, *problem, 0});
          verify_or_finish();
        });
  }

  static std::optional<std::string> lease_problem(const result<lease_slot_answer>& x) {
    if (!x)
      return x.error().detail;
    if (x->how != delivery::answered)
      return x->detail;
    if (x->answer.status == grid::storage_status::ok || x->answer.status == grid::storage_status::not_found)
      return std::nullopt;
    return std::string(to_string(x->answer.status)) + " " + x->answer.detail;
  }

  void verify_or_finish() {
    if (!task_.verify || stopped_) {
      finish();
      return;
    }
    verifier_ =
        spawn_share_verifier(self_->system(), {.context = context_.part({0.2, 1}), .mapped = mapped_});
    messages::request(
        self_, verifier_, std::chrono::hours(24), verify_shares{},
        [this](const verify_answer& x) {
          verifier_ = share_verifier{};
          for (const auto& [place, reason] : x.bad)
            map_.mark_bad(place, {}, reason);
          unwritable_ = x.unwritable;
          for (const auto& [place, reason] : x.unread)
            unread_.push_back({context_.name_of(place.server), server_outcome::share_not_read, reason, 0});
          finish();
        },
        [this](const caf::error& e) { break_off(e); });
  }

  void finish() {
    auto reply = check_reply_of(*context_.servers, map_);
    reply.order = order_of_shares();
    if (mapped_->slots)
      say_how_strict(reply);
    else if (reply.order == shares_order::strict || reply.order == shares_order::mixed)
      reply.summary +=
          "; it is kept strictly by others, and this grid file writes in place: whoever writes by it "
          "breaks what they were promised";
    reply.servers.insert(reply.servers.end(), lease_problems_.begin(), lease_problems_.end());
    reply.servers.insert(reply.servers.end(), unread_.begin(), unread_.end());
    note_unwritable(reply);
    if (!unread_.empty())
      reply.healthy = false;
    if (stopped_) {
      reply.ok = false;
      reply.failure = {*stopped_, "the check was stopped before every server had answered"};
    }
    answer(std::move(reply));
  }

  /// By the notes that strict writers leave in signatures, whatever this grid file says.
  shares_order order_of_shares() const {
    std::map<grid::file_version, bool> noted; // by version: whether a share of it has a note
    for (const auto& [place, head] : mapped_->heads) {
      const auto format = shares::format_of(head.view());
      const auto version = map_.at(place);
      if (!format || !std::holds_alternative<grid::file_version>(version))
        continue;
      const auto& which = std::get<grid::file_version>(version);
      const auto sealed = (*format)->sealed(context_.access, which, head.view());
      auto& has = noted[which];
      has = has || (sealed && sealed->note);
    }
    if (noted.empty())
      return shares_order::none;
    const auto is_noted = [](const auto& one) { return one.second; };
    if (std::ranges::none_of(noted, is_noted))
      return shares_order::in_place;
    // Versions from before it was kept strictly may lie below.
    return noted.rbegin()->second ? shares_order::strict : shares_order::mixed;
  }

  /// The version before the confirmed one lies beside it until the next publish.
  void say_how_strict(check_reply& reply) const {
    const auto& setting = mapped_->slots->setting();
    const auto standing = grid::standing_of(*mapped_->slots);
    if (task_.standing)
      *task_.standing = standing;
    reply.healthy = standing.healthy && map_.bad_shares().empty();
    reply.summary += "; " + describe(standing, setting);
    reply.strict = strict_check{.same_setting = standing.same_setting,
                                .confirmed = standing.confirmed,
                                .on = static_cast<std::uint32_t>(standing.on),
                                .needed = static_cast<std::uint32_t>(setting.confirming()),
                                .places = static_cast<std::uint32_t>(setting.places()),
                                .leftovers = static_cast<std::uint32_t>(standing.newer_partials),
                                .in_place_writer = standing.in_place ? describe(*standing.in_place) : ""};
  }

  /// A reader needs no private key: such shares count for readers, and are named.
  void note_unwritable(check_reply& reply) const {
    if (unwritable_.empty())
      return;
    reply.healthy = false;
    for (const auto& [place, reason] : unwritable_)
      reply.bad.push_back({context_.name_of(place.server), place.share, reason + " (its content is good)"});
    const bool none_left = unwritable_.size() >= map_.shares().size();
    reply.summary +=
        fmt::format("; the private key in {} share{} is damaged: {}", unwritable_.size(),
                    unwritable_.size() > 1 ? "s" : "",
                    none_left ? "the file can be read, and never be written again" : "a repair replaces it");
  }

  void break_off(const caf::error& e) {
    check_reply reply;
    reply.failure = as_error(e, self_->system());
    answer(std::move(reply));
  }

  void answer(check_reply reply) {
    if (!task_.is_part)
      services_->metrics->operation_ended(task_.verify ? operation_kind::verify : operation_kind::check,
                                          reply.ok ? std::nullopt : metrics::outcome(reply.failure.code),
                                          services_->time->now() - start_);
    send(self_, mapper_, stop{});
    promise_->deliver(std::move(reply));
    self_->quit();
  }

  shell<checker_state>* self_;
  check_task task_;
  const operation_context& context_;
  services_ptr services_;
  std::optional<caf::typed_response_promise<check_reply>> promise_;
  map_updater mapper_;
  share_verifier verifier_;
  std::shared_ptr<const mapped_file> mapped_;
  grid::servermap map_;
  std::vector<server_report> lease_problems_;
  std::vector<server_report> unread_;
  std::vector<std::pair<grid::share_place, std::string>> unwritable_;
  std::optional<errc> stopped_;
  clock::time_point start_ = services_->time->now();
};

} // namespace

messages::checker spawn_checker(caf::actor_system& system, check_task task) {
  return messages::spawn<checker_state>(system, std::move(task));
}

} // namespace truckee::actors
