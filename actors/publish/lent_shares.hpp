#pragma once

#include "truckee/actors/publish/window_walk.hpp"
#include "truckee/actors/shell/link_reads.hpp"
#include "truckee/actors/shell/offload.hpp"
#include "truckee/grid/publish/write_message.hpp"
#include "truckee/shares/mdmf_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace truckee::actors {

/// Where a share is to be made.
struct share_target {
  server_id server;
  share_number share;
  friend auto operator<=>(const share_target&, const share_target&) = default;
};

/// The shares of content that is not in memory. It is gone through once to know the version; then, as often as shares find new
/// homes, to bring their bytes to the servers, which make shares of them when the publish says so (grid::share_change::staged).
/// Belongs to the actor `self`, which must not end before it.
template <class Self>
class lent_shares {
public:
  struct audience {
    std::function<void(std::uint64_t bytes)> surveyed; ///< of content, so far
    std::function<void(std::uint64_t bytes)> sent;     ///< of shares, now
    std::function<void(double part)> brought;          ///< of a round, 0 to 1
  };
  /// Why each of these did not take its share; the rest has it.
  using refusals = std::map<share_target, grid::write_outcome>;

  lent_shares(Self* self, const operation_context& context, std::shared_ptr<const content_lender> content,
              std::uint32_t happy, audience told)
    : self_(self), context_(context), services_(context.services), content_(std::move(content)),
      happy_(happy), told_(std::move(told)), staging_(services_->random->make<staging_id>()) {}

  /// Learns the version, or sees that it is the one to be made again; `then` runs once, later.
  void survey(const shares::window_request& request,
              std::function<void(result<shares::encoded_version>)> then) {
    const codec::codec_context context{*services_->random, *services_->compute, *services_->codes,
                                       services_->buffers.get(), services_->time};
    auto made = shares::make_window_encoder(request, context);
    if (!made)
      return fail_later(then, made.error());
    encoder_ = std::move(*made);
    start_walk(
        [this](const content_window& window, lent_part part, auto done) {
          offload(
              self_, *services_->compute,
              [services = services_, encoder = encoder_, window, part = std::move(part)] {
                return encoder->survey(window.segments, part.data.view(), part.salts);
              },
              [this, window, done, round = round_](result<void>&& how) {
                if (round != round_)
                  return;
                told_.surveyed(window.content.end());
                done(std::move(how));
              });
        },
        [this, then](result<void> how) {
          if (!how)
            return then(tl::unexpected(how.error()));
          seal(then);
        });
  }

  /// Brings these shares' bytes to their servers; `then` runs once, later. An error is the content's: nobody has all of what
  /// was to be brought.
  void bring(const std::set<share_target>& targets, std::function<void(result<refusals>)> then) {
    live_ = targets;
    refused_.clear();
    owed_.clear();
    all_sent_ = false;
    round_then_ = std::move(then);
    start_walk(
        [this](const content_window& window, lent_part part, auto done) {
          std::set<share_number> wanted;
          for (const auto& target : live_)
            wanted.insert(target.share);
          offload(
              self_, *services_->compute,
              [services = services_, encoder = encoder_, window, content = std::move(part.data), wanted] {
                return encoder->pieces(window.segments, content.view(), wanted);
              },
              [this, window, done, round = round_](auto&& made) {
                if (round != round_)
                  return;
                if (!made)
                  return done(tl::unexpected(made.error()));
                send_pieces(*made);
                told_.brought(static_cast<double>(window.content.end()) /
                              static_cast<double>(content_->bytes));
                go_on_ = done;
                look();
              });
        },
        [this](result<void> how) {
          if (!how)
            return finish_round(tl::unexpected(how.error()));
          all_sent_ = true;
          look();
        });
    watch();
  }

  /// What was brought there is needed no more.
  void let_go(const share_target& target) {
    if (const auto* entry = context_.servers->find(target.server))
      messages::send_anonymously(
          entry->link, messages::stage_at{std::make_shared<const grid::stage_piece>(grid::stage_piece{
                                              context_.access.slot, target.share, staging_, {}, true}),
                                          messages::duration(services_->limits.server_deadline(0))});
  }

  /// Nothing is told any more.
  void stop() {
    ++round_;
    walk_.reset();
    go_on_ = nullptr;
    round_then_ = nullptr;
  }

private:
  using piece_key = std::pair<share_target, std::uint64_t>; ///< by the piece's offset

  template <class Each>
  void start_walk(Each each, std::function<void(result<void>)> then) {
    std::vector<content_window> windows;
    for (const auto& segments : encoder_->windows())
      windows.push_back({segments, encoder_->content_of(segments)});
    ++round_;
    walk_ = std::make_unique<window_walk<Self>>(self_, context_, *content_, std::move(windows),
                                                std::move(each), std::move(then));
    walk_->start();
  }

  void seal(std::function<void(result<shares::encoded_version>)> then) {
    offload(
        self_, *services_->compute, [encoder = encoder_] { return encoder->seal(); },
        [this, then, round = round_](result<void>&& how) {
          if (round != round_)
            return;
          if (how)
            then(shares::staged_version(*encoder_, staging_));
          else
            then(tl::unexpected(how.error()));
        });
  }

  void fail_later(std::function<void(result<shares::encoded_version>)> then, error why) {
    messages::send_later(self_, messages::duration(0),
                         messages::continuation{[then, why = std::move(why)] { then(tl::unexpected(why)); }});
  }

  void send_pieces(const std::map<share_number, codec::mdmf::share_piece>& pieces) {
    const auto targets = live_; // one that refuses at once leaves
    for (const auto& target : targets) {
      const auto* entry = context_.servers->find(target.server);
      if (entry == nullptr) {
        refuse(target, grid::transport_failure(false, "it is not in the grid file any more"));
        continue;
      }
      const auto& piece = pieces.at(target.share);
      const piece_key key{target, piece.offset};
      owed_.emplace(key, services_->time->now());
      told_.sent(piece.data.size());
      const messages::duration deadline(services_->limits.server_deadline(piece.data.size()));
      messages::request(
          self_, entry->link, deadline + link_grace,
          messages::stage_at{
              std::make_shared<const grid::stage_piece>(grid::stage_piece{
                  context_.access.slot, target.share, staging_, {piece.offset, piece.data}, false}),
              deadline},
          [this, key, round = round_](const messages::stage_at_answer& x) {
            if (round == round_)
              answered(key, x);
          },
          [this, key, round = round_](const caf::error& e) {
            if (round == round_) {
              owed_.erase(key);
              refuse(key.first, grid::transport_failure(false, messages::describe(e, self_->system())));
              look();
            }
          });
    }
  }

  void answered(const piece_key& key, const messages::stage_at_answer& x) {
    const auto asked = owed_.find(key);
    if (asked == owed_.end())
      return; // it is not waited for any longer
    slowest_ = std::max(slowest_, services_->time->now() - asked->second);
    owed_.erase(asked);
    if (x.how != messages::delivery::answered)
      refuse(key.first, grid::transport_failure(false, x.detail));
    else if (auto no = grid::judge_stage(x.answer))
      refuse(key.first, std::move(*no));
    look();
  }

  /// Nobody sees what was brought: as if nothing had been sent.
  void refuse(const share_target& target, grid::write_outcome why) {
    live_.erase(target);
    std::erase_if(owed_, [&](const auto& each) { return each.first.first == target; });
    refused_.insert_or_assign(target, std::move(why));
  }

  /// Each server has a piece before it while the next one is made.
  void look() {
    if (!round_then_)
      return;
    if (live_.empty())
      return finish_round({});
    if (go_on_ && owed_.size() <= live_.size())
      std::exchange(go_on_, nullptr)({});
    else if (all_sent_ && owed_.empty())
      finish_round({});
  }

  void finish_round(result<void> how) {
    const auto then = std::exchange(round_then_, nullptr);
    stop();
    if (how)
      then(refusals(std::move(refused_)));
    else
      then(tl::unexpected(how.error()));
  }

  /// Whoever takes no piece while all others took theirs is not waited for much longer.
  void watch() {
    messages::send_later(self_, std::chrono::seconds(1), messages::continuation{[this, round = round_] {
                           if (round != round_ || !round_then_)
                             return;
                           leave_the_slow();
                           watch();
                         }});
  }

  void leave_the_slow() {
    const auto patience = std::max<time_source::time_point::duration>(
        {slow_least, services_->limits.slow_least, slowest_ * services_->limits.slow_times});
    std::set<share_target> slow;
    for (const auto& [key, asked] : owed_) {
      if (services_->time->now() - asked < patience)
        return;
      slow.insert(key.first);
    }
    std::set<server_id> others;
    for (const auto& target : live_)
      if (!slow.contains(target))
        others.insert(target.server);
    if (slow.empty() || others.size() < happy_)
      return;
    for (const auto& target : slow)
      refuse(
          target,
          grid::transport_failure(
              false, fmt::format("it took no piece of its share within {:.2g} s; not waited for any longer",
                                 std::chrono::duration<double>(patience).count())));
    look();
  }

  /// A disk that is busy with what came before stands still for a second or two.
  static constexpr std::chrono::seconds slow_least{5};

  Self* self_;
  const operation_context& context_;
  services_ptr services_;
  std::shared_ptr<const content_lender> content_;
  std::uint32_t happy_; ///< servers that are enough to leave others
  audience told_;
  staging_id staging_;
  std::shared_ptr<codec::mdmf::window_encoder> encoder_; ///< shared with jobs, which may outlive the actor
  std::unique_ptr<window_walk<Self>> walk_;
  std::uint64_t round_ = 0; ///< what belongs to an earlier one is not heard

  std::set<share_target> live_; ///< of this round: they take pieces still
  refusals refused_;
  std::map<piece_key, time_source::time_point> owed_; ///< when each piece was sent that is not answered
  time_source::time_point::duration slowest_{0};      ///< of the answers that came
  std::function<void(result<void>)> go_on_;           ///< the walk waits for it
  bool all_sent_ = false;
  std::function<void(result<refusals>)> round_then_;
};

} // namespace truckee::actors
