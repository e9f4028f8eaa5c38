#include "truckee/actors/publish/publish_coordinator.hpp"

#include "truckee/actors/publish/lent_shares.hpp"
#include "truckee/actors/publish/publish_account.hpp"
#include "truckee/actors/publish/publish_stages.hpp"
#include "truckee/actors/publish/share_writer.hpp"
#include "truckee/actors/shell/link_reads.hpp"
#include "truckee/actors/shell/offload.hpp"
#include "truckee/actors/shell/owed_answers.hpp"
#include "truckee/grid/publish/in_part.hpp"
#include "truckee/grid/publish/publish_loop.hpp"
#include "truckee/grid/publish/write_message.hpp"
#include "truckee/grid/strict/strict_order.hpp"
#include "truckee/shares/share_format.hpp"

#include <stop_token>

namespace truckee::actors {

namespace {

using namespace messages;

/// One publish, from the wait for room to its result:
///
///     waiting --- room is granted --> encoding --- shares are there --> pushing --- the loop ends --> answered
///        | stop, no room                  | stop, error, the loop refuses  ^  | an outcome, stop
///        +--------------------------------+----> refused: nothing was sent +--+
///
/// Of lent content the shares are brought to their servers in pieces before the message that makes shares of them: whenever
/// the loop sends some to where they have not been brought. As long as shares of this turn have to be brought elsewhere,
/// because a server took none, no message goes out: nothing that is there is replaced before all is in its place, and who
/// lends a version that is there has all of it till then.
/// A stop while it pushes is the loop's to heed: it ends when a version is certainly recoverable.
class publish_coordinator_state {
public:
  using handle = extended<publish_coordinator, void(continuation)>;
  static constexpr const char* name = "truckee.publish_coordinator";

  publish_coordinator_state(shell<publish_coordinator_state>* self, publish_task task)
    : self_(self), task_(std::make_shared<const publish_task>(std::move(task))), context_(task_->context),
      services_(context_.services), account_(*task_, audience()) {}

  behavior<handle> make_behavior() {
    return {
        [this](const start_publish&) { return start(); },
        [this](const shares_sent& x) { on_shares_sent(x); },
        [this](const stop& x) { on_stop(x.reason); },
        [](const continuation& rest) { rest.run(); },
    };
  }

private:
  publish_audience audience() {
    return {.hear =
                [this](operation_progress x) {
                  if (context_.listener)
                    send(self_, context_.listener, std::move(x));
                },
            .see = [this](publish_news x) { send(self_, context_.listener, std::move(x)); },
            .later =
                [this](duration after, std::function<void()> what) {
                  send_later(self_, after, continuation{std::move(what)});
                },
            .look = [this] { return loop_->status(); }};
  }

  // -- waiting --

  caf::result<publish_answer> start() {
    promise_ = self_->template make_response_promise<publish_answer>();
    account_.begins();
    // Waiting for room and encoding count: whoever asked does not wait longer than for one publish.
    send_later(self_, deadline_of(*task_, services_->limits),
               continuation{[this] { on_stop(errc::timeout); }});
    if (services_->budget)
      take_room();
    else
      encode();
    return *promise_;
  }

  /// Shares exist in memory only once there is room for them: many publishes at once wait here, in order.
  void take_room() {
    account_.waits("Waiting for other publishes' bytes", 0.01);
    // A shape that makes no sense is told by encoding; it takes no room.
    const auto bytes = task_->part ? shares::part_size_max(task_->part->base) : share_bytes_in_memory();
    request(
        self_, services_->budget, duration(services_->limits.publish_deadline) + link_grace,
        take_bytes{bytes, context_.operation, context_.caller},
        [this](const bytes_taken& x) {
          grant_ = x.grant;
          if (stopped_)
            refuse({*stopped_, "stopped while it waited for room; nothing was sent"});
          else
            encode();
        },
        [this](const caf::error& e) {
          refuse({errc::timeout, "no room for its shares in time: " + describe(e, self_->system())});
        });
  }

  std::uint64_t share_bytes_in_memory() const {
    constexpr std::uint64_t windows_at_once = 3; // on their way, made, and asked for
    const auto length = task_->lent
                            ? std::min(task_->lent->bytes, windows_at_once * codec::mdmf::window_bytes)
                            : task_->content.size();
    return shares::share_size(format(), length, task_->shape, task_->keys.signing) * task_->shape.total;
  }

  /// A file keeps the format that its shares have; a new one has that of its capability.
  grid::share_format format() const {
    if (task_->again)
      return task_->again->version.format();
    if (task_->base)
      return task_->base->format();
    return context_.access.format == file_format::mdmf ? grid::share_format::mdmf : grid::share_format::sdmf;
  }

  // -- encoding --

  void encode() {
    if (task_->lent)
      return survey();
    account_.waits(encode_stage_words.front().text, encode_stage_words.front().from);
    // A part brings along the trees of all shares.
    const auto bytes = task_->content_bytes() + (task_->part ? small_work_bytes + 1 : 0);
    const bool in_steps = context_.listener && (context_.watched || bytes > small_work_bytes);
    auto me = in_steps ? caf::actor_cast<handle>(self_->ctrl()) : handle();
    offload(
        self_, *services_->compute, bytes,
        [this, services = services_, task = task_, format = format(), stop = stop_.get_token(),
         me = std::move(me)] {
          const shares::codec_context context{*services->random, *services->compute, *services->codes,
                                              services->buffers.get(), services->time};
          const auto on_stage = [this, me](stage which) {
            if (!me)
              return;
            send_anonymously(me, continuation{[this, which] { this->on_stage(which); }});
          };
          if (task->part)
            return shares::encode_part({.change = *task->part,
                                        .sequence = task->sequence,
                                        .keys = task->keys,
                                        .on_stage = on_stage,
                                        .stop = stop},
                                       context);
          return shares::encode({.format = format,
                                 .content = task->content.view(),
                                 .spread = task->shape,
                                 .sequence = task->sequence,
                                 .keys = task->keys,
                                 .on_stage = on_stage,
                                 .stop = stop,
                                 .again = task->again ? &*task->again : nullptr,
                                 .salt = note_salt(*task, *services)},
                                context);
        },
        [this](result<shares::encoded_version>&& encoded) {
          if (encoded)
            begin_push(std::move(*encoded));
          else if (stopped_)
            refuse({*stopped_, "stopped while it was encoded; nothing was sent"});
          else
            refuse(encoded.error());
        });
  }

  /// Goes through lent content for the first time.
  void survey() {
    if (format() != grid::share_format::mdmf)
      return refuse(
          {errc::usage, "content that is read part by part makes an MDMF file, and this is an SDMF file"});
    lent_.emplace(self_, context_, task_->lent, task_->shape.happy,
                  typename lent_shares<shell<publish_coordinator_state>>::audience{
                      .surveyed = [this](std::uint64_t bytes) { account_.surveys(bytes); },
                      .sent = [this](std::uint64_t bytes) { account_.sends_bytes(bytes); },
                      .brought = [this](double part) { account_.brings(part); }});
    account_.stage_begins(stage::encode);
    const auto begun = services_->time->now();
    lent_->survey({.content_length = task_->lent->bytes,
                   .spread = task_->shape,
                   .sequence = task_->sequence,
                   .keys = task_->keys,
                   .again = task_->again ? &*task_->again : nullptr},
                  [this, begun](result<shares::encoded_version> made) {
                    if (!made)
                      return refuse(made.error());
                    made->timings.at(stage::encode) = services_->time->seconds_since(begun);
                    begin_push(std::move(*made));
                  });
  }

  /// With the note of a strict writer in it.
  static std::optional<crypto::pss_salt> note_salt(const publish_task& task, const services& services) {
    if (!task.strict)
      return std::nullopt;
    return grid::pack_note(task.strict->note, services.random->make<grid::note_noise>());
  }

  /// Told by the encoding thread, perhaps when all is over.
  void on_stage(stage which) {
    if (!loop_)
      account_.stage_begins(which);
  }

  void refuse(error why) {
    // Encoding only knows that it was stopped; we know why.
    if (stopped_ && why.code == errc::cancelled)
      why.code = *stopped_;
    answer(account_.refused(std::move(why)));
  }

  // -- pushing --

  void begin_push(shares::encoded_version&& encoded) {
    shares_ = std::move(encoded.shares);
    auto loop = start_loop({.version = encoded.version,
                            .happy = task_->shape.happy,
                            .map = task_->map,
                            .new_file = task_->new_file,
                            .same_version = task_->again.has_value(),
                            .kept_map = task_->kept_map,
                            .base = task_->base,
                            .servers = context_.servers->candidates(task_->keys.slot),
                            .earlier = task_->earlier,
                            .limits = services_->limits});
    account_.push_begins(encoded.timings);
    if (!loop) {
      refuse(loop.error());
      return;
    }
    loop_.emplace(std::move(*loop));
    if (lent_)
      owed_.give_at_least(settling_time());
    if (stopped_)
      stop_loop(*stopped_);
    pump();
  }

  result<grid::publish_loop> start_loop(grid::publish_request request) {
    if (task_->part)
      return grid::publish_loop::start(std::move(request), std::make_unique<grid::in_part>());
    if (!task_->strict)
      return grid::publish_loop::start(std::move(request));
    const auto& format = shares::format_named(request.version.format());
    const auto seal_at = format.signature_offset(task_->keys.signing.public_half().der());
    if (!seal_at)
      return fail(errc::refused,
                  "files are kept strictly here, which MDMF files cannot be; the grid file's [publish] order "
                  "= \"in-place\" writes them");
    const auto& any_share = shares_.begin()->second.writes.front().data;
    grid::strict_task strict{
        .known = task_->strict->known,
        .seal = grid::seal_of(format.signature(any_share.view()).value().view()),
        .seal_at = *seal_at,
        .sign = [this](const grid::file_version& version) { return sign_again(version); },
        .own_seals = task_->strict->own_seals,
        .clear_damaged = task_->strict->clear_damaged,
        .fill_in = task_->strict->fill_in,
        .note = task_->strict->note,
    };
    // Whom the setting names, drained or not.
    request.servers = task_->strict->known.setting().all_servers();
    return grid::publish_loop::start(std::move(request),
                                     std::make_unique<grid::strict_order>(std::move(strict)));
  }

  /// A signature of that version which no share has yet: one for all servers of a barrier, and there are few versions, so
  /// that it may be made here.
  bytes sign_again(const grid::file_version& version) {
    auto& made = signed_again_[version];
    if (made.empty()) {
      const auto salt = note_salt(*task_, *services_).value();
      made = to_bytes(task_->keys.signing.sign(grid::pack_prefix(version), salt).value().view());
    }
    return made;
  }

  void pump() {
    const auto actions = loop_->step();
    for (const auto& message : actions.writes)
      write(message);
    for (const auto& message : actions.rereads)
      reread(message);
    account_.stands(actions.finished);
    if (actions.finished)
      answer(account_.ended(loop_->report()));
    else
      watch_the_slow();
  }

  // -- servers slower than the others --

  void watch_the_slow() {
    owed_.watch(self_, [this] {
      if (!loop_->finished() && owed_.any() && !leave_the_slow())
        watch_the_slow();
    });
  }

  /// Ends the publish without those that owe an answer, where all of them take too long and the others are enough.
  bool leave_the_slow() {
    if (!owed_.all_are_slow())
      return false;
    const auto why = owed_.why_left();
    if (!loop_->leave_the_slow(why))
      return false;
    for (const auto& each : owed_.all()) {
      account_.answered({each.first, each.second, grid::transport_failure(true, why), owed_.seconds(each)});
      owed_.left(each);
    }
    pump();
    return true;
  }

  void write(const grid::publish_message& message) {
    account_.sends(message);
    if (content_gone_ && !targets_of(message).empty())
      return later_not_given(message.id, grid::transport_failure(false, content_gone_->detail));
    if (lent_ && !targets_of(message).empty()) {
      to_be_brought_.push_back(message);
      // Together with what else this turn of the loop sends.
      if (!brings_)
        send_later(self_, duration(0), continuation{[this] { bring(); }});
      return;
    }
    give(message);
  }

  // -- lent content --

  /// Until all that was brought of one share is on its server's disk, which may be others' as well.
  std::chrono::milliseconds settling_time() const {
    constexpr std::uint64_t slow_disk = std::uint64_t{16} << 20; // bytes a second
    return std::chrono::seconds(5 + shares_.begin()->second.length / slow_disk);
  }

  /// Shares of the message whose bytes are not where it goes yet.
  std::set<share_target> targets_of(const grid::publish_message& message) const {
    std::set<share_target> out;
    for (const auto& planned : message.shares)
      if (const share_target target{message.server, planned.share};
          planned.step == grid::share_step::write && !brought_.contains(target))
        out.insert(target);
    return out;
  }

  void bring() {
    if (brings_ || loop_->finished() || to_be_brought_.empty())
      return;
    brings_ = true;
    const auto messages = std::exchange(to_be_brought_, {});
    std::set<share_target> targets;
    for (const auto& message : messages)
      targets.merge(targets_of(message));
    brought_.insert(targets.begin(), targets.end());
    lent_->bring(targets, [this, messages](auto how) {
      brings_ = false;
      if (!how)
        return content_failed(how.error(), messages);
      for (const auto& message : messages)
        hold_brought(message, *how);
      pump();
      if (to_be_brought_.empty())
        give_held();
    });
  }

  template <class Refusals>
  void hold_brought(const grid::publish_message& message, const Refusals& refused) {
    for (const auto& planned : message.shares) {
      const auto no = refused.find({message.server, planned.share});
      if (no == refused.end())
        continue;
      for (const auto& other : message.shares)
        drop_brought({message.server, other.share});
      not_given(message.id, no->second);
      return;
    }
    held_.push_back(message);
  }

  void give_held() {
    if (loop_->finished())
      return;
    for (const auto& message : std::exchange(held_, {}))
      give(message);
    watch_the_slow();
  }

  void drop_brought(const share_target& target) {
    if (brought_.erase(target) > 0)
      lent_->let_go(target);
  }

  /// What was given stays as it is; nothing more can be, and the loop sees whether that is enough.
  void content_failed(const error& why, const std::vector<grid::publish_message>& messages) {
    if (writers_.empty())
      return refuse(why);
    content_gone_ = why;
    for (const auto& message : messages)
      not_given(message.id, grid::transport_failure(false, why.detail));
    pump();
    give_held();
  }

  void not_given(grid::message_id id, const grid::write_outcome& why) {
    account_.not_sent(id, why);
    loop_->on_write(id, why);
  }

  /// From within a turn of the loop.
  void later_not_given(grid::message_id id, const grid::write_outcome& why) {
    not_given(id, why);
    send_later(self_, duration(0), continuation{[this] {
                 if (!loop_->finished())
                   pump();
               }});
  }

  // -- messages --

  void give(const grid::publish_message& message) {
    const auto* entry = context_.servers->find(message.server);
    auto built = grid::build_message(message, shares_, task_->keys.slot, secrets_for(message.server));
    if (entry == nullptr || !built) {
      return later_not_given(
          message.id, grid::transport_failure(false, entry == nullptr ? "it is not in the grid file any more"
                                                                      : to_string(built.error())));
    }
    const auto bytes = grid::message_size(*built);
    account_.sends_bytes(bytes);
    auto& writer = writers_[message.server];
    if (!writer) {
      writer = spawn_share_writer(self_->system(), services_, *entry, context_.operation,
                                  caf::actor_cast<publish_coordinator>(self_->ctrl()));
    }
    owed_.asked({message.id, message.server});
    send(self_, writer,
         send_shares{message.id, std::make_shared<const grid::read_test_write>(std::move(*built)),
                     duration(services_->limits.server_deadline(bytes)) +
                         (lent_ ? 10 * settling_time() : std::chrono::milliseconds(0))});
  }

  grid::slot_secrets secrets_for(const server_id& server) const {
    const auto lease = crypto::derive_lease_secrets(services_->lease, task_->keys.slot, server);
    return {crypto::derive_write_enabler(task_->keys.write, server), lease.renew, lease.cancel};
  }

  void on_shares_sent(const shares_sent& x) {
    if (!loop_ || loop_->finished())
      return;
    owed_.answered({x.id, x.server}, x.seconds);
    account_.answered(x);
    loop_->on_write(x.id, x.outcome);
    pump();
  }

  void reread(const grid::reread_message& message) {
    const auto* entry = context_.servers->find(message.server);
    account_.sends(message);
    read_from(self_, entry->link, grid::build_reread(message, task_->keys.slot),
              duration(services_->limits.reread_deadline), [this, message](const read_answer& x) {
                if (loop_->finished())
                  return;
                account_.reread_answered(message.id, x);
                loop_->on_reread(message.id, x.how == delivery::answered
                                                 ? grid::judge_reread(message, x.answer)
                                                 : grid::reread_outcome{false, {}, x.detail});
                pump();
              });
  }

  void on_stop(errc reason) {
    stopped_ = reason;
    stop_.request_stop();
    if (promise_ && services_->budget && !grant_) {
      refuse({reason, "stopped while it waited for room; nothing was sent"});
      return;
    }
    if (lent_ && writers_.empty()) {
      refuse({reason, "stopped while its shares were brought to servers; none was made of them"});
      return;
    }
    if (!loop_ || loop_->finished())
      return;
    for (auto* waiting : {&to_be_brought_, &held_})
      for (const auto& message : std::exchange(*waiting, {}))
        not_given(message.id, grid::transport_failure(false, "stopped before its shares were brought"));
    stop_loop(reason);
    pump();
  }

  void stop_loop(errc reason) {
    if (reason == errc::timeout)
      loop_->deadline_passed();
    else
      loop_->cancel();
  }

  void answer(std::shared_ptr<const publish_result> result) {
    if (lent_) {
      lent_->stop();
      for (const auto& target : brought_) // of what became a share nothing is left
        lent_->let_go(target);
    }
    for (const auto& [id, writer] : writers_)
      send(self_, writer, stop{});
    if (grant_)
      send(self_, services_->budget, give_bytes_back{*grant_});
    promise_->deliver(publish_answer{std::move(result)});
    self_->quit();
  }

  shell<publish_coordinator_state>* self_;
  std::shared_ptr<const publish_task> task_; ///< shared with the encoding job, which may outlive the actor
  const operation_context& context_;
  services_ptr services_;
  publish_account account_;
  std::optional<caf::typed_response_promise<publish_answer>> promise_;
  std::stop_source stop_;
  std::optional<errc> stopped_;
  std::optional<std::uint64_t> grant_; ///< of the byte budget

  std::optional<lent_shares<shell<publish_coordinator_state>>> lent_;
  std::vector<grid::publish_message> to_be_brought_; ///< sent by the loop; their shares are not there yet
  std::set<share_target> brought_;                   ///< or on their way
  bool brings_ = false;
  std::vector<grid::publish_message> held_; ///< their shares are there; others of this turn not yet
  std::optional<error> content_gone_;       ///< why no more can be brought

  grid::share_contents shares_;
  std::map<grid::file_version, bytes> signed_again_; ///< for a strict barrier
  std::optional<grid::publish_loop> loop_;           ///< while it pushes, and after
  std::map<server_id, share_writer> writers_;
  owed_answers<std::pair<grid::message_id, server_id>> owed_{services_}; ///< by writers
};

} // namespace

std::uint64_t publish_task::content_bytes() const {
  if (part)
    return part->data.size();
  return lent ? lent->bytes : content.size();
}

messages::duration deadline_of(const publish_task& task, const grid::grid_limits& limits) {
  if (!task.lent)
    return messages::duration(limits.publish_deadline);
  const auto each =
      shares::share_size(grid::share_format::mdmf, task.lent->bytes, task.shape, task.keys.signing);
  return messages::duration(limits.publish_deadline_for(each * task.shape.total));
}

messages::publish_coordinator spawn_publish_coordinator(caf::actor_system& system, publish_task task) {
  return messages::spawn<publish_coordinator_state>(system, std::move(task));
}

} // namespace truckee::actors
