#include "truckee/actors/operations/file_writer.hpp"

#include "truckee/actors/operations/part_reader.hpp"
#include "truckee/actors/operations/replies.hpp"
#include "truckee/actors/publish/publish_coordinator.hpp"
#include "truckee/actors/shell/metric_words.hpp"
#include "truckee/actors/shell/offload.hpp"
#include "truckee/actors/steps/map_updater.hpp"
#include "truckee/actors/steps/retriever.hpp"
#include "truckee/base/content_limit.hpp"
#include "truckee/crypto/aes_ctr.hpp"
#include "truckee/grid/file/strict_write.hpp"
#include "truckee/grid/file/write_operation.hpp"
#include "truckee/grid/strict/rules.hpp"
#include "truckee/shares/file_memory.hpp"

#include <cmath>

namespace truckee::actors {

namespace {

using namespace messages;

/// Of the block hash trees of all shares, which an update reads and holds: those of a file of 25 GiB in ten shares.
constexpr std::uint64_t part_tree_bytes_max = std::uint64_t{128} << 20;

/// Does what grid::write_operation says: one map, read, change or publish at a time.
class file_writer_state {
public:
  using handle = extended<file_writer, void(continuation)>;
  static constexpr const char* name = "truckee.file_writer";

  file_writer_state(shell<file_writer_state>* self, write_task task)
    : self_(self), task_(std::move(task)), context_(task_.context), services_(context_.services) {
    reply_.content_bytes = task_.lent ? task_.lent->bytes : task_.content.size();
  }

  behavior<handle> make_behavior() {
    return {
        [this](const run&) {
          const auto promise = self_->template make_response_promise<publish_reply>();
          promise_ = promise;
          if (task_.key && task_.wish.kind != grid::write_kind::create)
            publish_new();
          else
            publish_next();
          return caf::result<publish_reply>(promise); // it may be answered already
        },
        [this](const stop& x) { on_stop(x.reason); },
        [](const continuation& rest) { rest.run(); },
    };
  }

private:
  // -- a new file: no map, no retry --

  void publish_new() {
    auto task = publish_task_for(crypto::file_keys(*task_.key), task_.spread.value_or(task_.defaults));
    task.new_file = true;
    if (task_.strict) {
      task.strict = grid::strict_base_of_new(*task_.strict, servers().all);
      tally_ = grid::strict_tally::of(*task_.strict);
      tally_->mapped(task.strict->known);
    }
    mapped_at_ = services_->time->now();
    start_publish_of(std::move(task), [this](const publish_result& x) {
      fill_reply(reply_, *context_.servers, x);
      std::vector<grid::sent_version> sent;
      if (!x.failure) {
        sent.push_back({x.report.version, x.report.readable});
        leave_map_of_new(x.report);
      }
      if (x.report.strict)
        tally_->ended(*x.report.strict);
      last_end_ = x.report.end;
      remember(sent, x.report.strict ? x.report.strict->seals : std::set<grid::share_seal>{});
      const auto failure = failure_of(x, *context_.servers);
      reply_.became = failure ? grid::effect_of_failure(sent) : effect::applied;
      finish(failure);
    });
  }

  publish_task publish_task_for(crypto::file_keys keys, const grid::spread& spread) const {
    publish_task out{.context = context_.part({task_.append ? 0.1 : 0.0, 1}),
                     .keys = std::move(keys),
                     .content = task_.content,
                     .lent = edited_ ? edited_ : task_.lent,
                     .shape = spread};
    // What is asked for of a strict publish is servers that confirm it.
    if (task_.strict)
      out.shape.happy = static_cast<std::uint8_t>(task_.strict->confirming());
    return out;
  }

  template <class Then>
  void start_publish_of(publish_task task, Then then) {
    // The coordinator arms its own deadline; this one only guards against a defect of ours.
    const auto deadline = deadline_of(task, services_->limits) + std::chrono::seconds(30);
    coordinator_ = spawn_publish_coordinator(self_->system(), std::move(task));
    messages::request(
        self_, coordinator_, deadline, start_publish{},
        [this, then](const publish_answer& x) {
          coordinator_ = publish_coordinator{};
          then(*x.result);
        },
        [this](const caf::error& e) {
          broke_off_ = true;
          finish(as_error(e, self_->system()));
        });
  }

  // -- an existing file --

  void publish_next() {
    if (task_.sent) {
      task_.wish.earlier = task_.sent->versions;
      task_.wish.own_seals = {task_.sent->seals.begin(), task_.sent->seals.end()};
    }
    if (task_.own)
      task_.wish.own = *task_.own;
    if (task_.key)
      keys_.emplace(*task_.key);
    else if (task_.renew)
      task_.wish.kind = *task_.renew;
    else if (task_.append)
      task_.wish.kind = grid::write_kind::modify;
    else if (task_.wish.only_if)
      task_.wish.kind = grid::write_kind::conditional;
    task_.wish.server_name = [servers = context_.servers](const server_id& id) {
      return servers->name_of(id);
    };
    take_kept();
    if (task_.strict)
      operation_ = std::make_unique<grid::strict_write>(task_.wish, *task_.strict, *services_->random);
    else
      operation_ = std::make_unique<grid::write_operation>(task_.wish, *services_->random);
    act();
  }

  /// What the last write left, where this one can begin on it; gone from its place whoever asks.
  void take_kept() {
    auto kept = task_.kept ? std::exchange(*task_.kept, std::nullopt) : std::nullopt;
    const auto& access = context_.access;
    if (!kept || !access.write || !access.memory || !may_begin_on(*kept))
      return;
    const auto key = access.memory->signing_key(access.fingerprint, *access.write);
    if (!key)
      return;
    keys_.emplace(*key);
    mapped_at_ = kept->mapped;
    if (!task_.strict) {
      task_.wish.kept = std::move(kept->map);
      return;
    }
    task_.wish.kept_slots = std::move(kept->slots);
    if (task_.append) { // as if it had been read
      read_version_ = grid::strict::base(*task_.wish.kept_slots).value();
      read_content_ = *kept->content;
    }
  }

  bool may_begin_on(const grid::kept_map& kept) {
    // Lent content is on its way for long: nobody shall bring it in vain to save one look.
    if (task_.lent)
      return false;
    const auto now = services_->time->now();
    if (!task_.strict)
      return is_put() && grid::fits(kept, servers(), task_.spread, now, services_->limits);
    return (is_put() || appends()) &&
           grid::fits_strictly(kept, *task_.strict, task_.append.has_value(), now, services_->limits);
  }

  void leave_map() {
    const auto& result = operation_->result();
    if (is_put() || (task_.strict && appends()))
      services_->metrics->put_began_with(kept_map_of(result.kept));
    if (!task_.kept || result.end != grid::write_end::written)
      return;
    if (task_.strict)
      *task_.kept = grid::kept_strictly(*result.report, task_.content, mapped_at_, services_->limits);
    else if (auto left = grid::map_left_by(*result.report))
      *task_.kept = grid::kept_map{std::move(*left), servers(), mapped_at_};
  }

  /// The first put after it begins on what was placed, with the key that we have.
  void leave_map_of_new(const grid::publish_report& report) {
    const auto& access = context_.access;
    if (!task_.kept || !access.write || !access.memory)
      return;
    std::optional<grid::kept_map> kept;
    if (task_.strict)
      kept = grid::kept_strictly(report, task_.content, mapped_at_, services_->limits);
    else if (auto left = grid::map_left_by_new(report, servers().all, services_->limits))
      kept = grid::kept_map{std::move(*left), servers(), mapped_at_};
    if (!kept)
      return;
    // As it is in every share: who meets it there has it proved already.
    auto in_share = to_bytes(task_.key->der());
    crypto::aes_ctr(*access.write).apply(in_share, in_share);
    if (access.memory->private_key(access.fingerprint, in_share, *access.write))
      *task_.kept = std::move(kept);
  }

  /// Of an existing file, whatever is in it.
  bool is_put() const { return !task_.append && !task_.wish.only_if && !task_.renew && !task_.key; }

  bool appends() const { return task_.append && !task_.wish.only_if && !task_.key; }

  const grid::file_servers& servers() {
    if (!servers_) {
      auto all = context_.servers->permuted(context_.access.slot);
      auto candidates = context_.servers->that_take_shares(all);
      servers_ = {std::move(all), std::move(candidates)};
    }
    return *servers_;
  }

  void act() {
    const auto action = operation_->next();
    switch (action.what) {
    case grid::write_action::kind::map:
      return map(action);
    case grid::write_action::kind::read:
      return read(*action.version);
    case grid::write_action::kind::apply:
      return apply();
    case grid::write_action::kind::publish:
      return publish(action);
    case grid::write_action::kind::wait:
      tell("Waiting after a collision", 0.05);
      logs::say(services_->log, logs::events::collision_wait,
                {{"operation", context_.operation},
                 {"seconds", std::chrono::duration<double>(action.delay).count()}});
      send_later(self_, duration(action.delay), continuation{[this] {
                   if (operation_->done())
                     return;
                   operation_->on_waited();
                   act();
                 }});
      return;
    case grid::write_action::kind::done:
      return conclude();
    }
  }

  void map(const grid::write_action& action) {
    const bool after_all = std::exchange(began_on_kept_, false);
    tell(after_all ? "Mapping shares: those of the last write are not there any more" : "Mapping shares", 0);
    if (after_all)
      logs::say(services_->log, logs::events::kept_map_stale, {{"operation", context_.operation}});
    auto task = task_.strict ? strict_map_task_for(context_, action.mode, {0, 0.05}, *task_.strict)
                             : map_task_for(context_, action.mode, {0, 0.05});
    task.request.ask_all = action.ask_all;
    task.request.have_private_key = keys_.has_value();
    task.request.k = task_.defaults.needed;
    task.request.n = task_.defaults.total;
    drop_mapper();
    mapper_ = spawn_map_updater(self_->system(), std::move(task));
    messages::request(
        self_, mapper_, duration(services_->limits.publish_deadline), map_file{},
        [this](const map_answer& x) {
          if (!operation_->done())
            on_map(x);
        },
        [this](const caf::error& e) {
          operation_->on_map_failed(as_error(e, self_->system()));
          act();
        });
  }

  void on_map(const map_answer& x) {
    mapped_ = x.mapped;
    mapped_at_ = services_->time->now();
    map_seconds_ += x.mapped->seconds;
    services_->metrics->stage_took(stage::map, std::chrono::duration<double>(x.mapped->seconds));
    if (x.mapped->key && !keys_)
      keys_.emplace(*x.mapped->key);
    operation_->on_map(
        {x.mapped->map,
         keys_ ? std::nullopt : std::optional(grid::no_signing_key(x.mapped->map, task_.wish.server_name)),
         x.mapped->slots, std::chrono::milliseconds(std::llround(x.mapped->seconds * 1000))});
    if (const auto& by = operation_->result().in_place_writer; !by.empty())
      logs::say(services_->log, logs::events::in_place_writer,
                {{"operation", context_.operation}, {"version", by}});
    act();
  }

  void read(const grid::file_version& version) {
    part_.reset();
    edited_.reset();
    if (!may_send_a_part())
      return read_whole(version);
    const auto& add = *task_.append;
    const auto edit = edit_of(version);
    auto base = shares::plan_part(mapped_->map, mapped_->heads, edit);
    if (!base || base->version != version)
      return read_whole(version, base ? std::string_view() : why_to_say(base.error()));
    if (shares::part_content_bytes(*base) > add.content_bytes_max ||
        shares::part_tree_bytes(*base) > part_tree_bytes_max)
      return read_whole(version, "size");
    tell_of_part(*base);
    part_reader_.emplace(
        self_, context_,
        retrieve_task{
            .context = context_.part({0.05, 0.1}), .mapped = mapped_, .mapper = mapper_, .version = version},
        shares::part_change{std::move(*base), add.data},
        [this, version](std::shared_ptr<const shares::part_change> read, const std::string& why) {
          if (operation_->done())
            return;
          if (!read)
            return read_whole(version, why);
          part_ = std::move(read);
          operation_->on_read(true);
          act();
        });
    part_reader_->start();
  }

  /// What is asked for, as a change of that version.
  codec::mdmf::content_edit edit_of(const grid::file_version& version) const {
    const auto& add = *task_.append;
    return {add.offset.value_or(version.data_length), add.data.size(), add.cut};
  }

  /// On the first try, in place, of what was not asked for before: else the content has to be seen.
  bool may_send_a_part() const {
    return task_.append && !task_.strict && !task_.spread && task_.wish.own.empty() &&
           operation_->result().sent.empty() && operation_->result().tries == 0;
  }

  /// Where it is no matter of course, and a whole version follows.
  static std::string_view why_to_say(shares::why_whole why) {
    using shares::why_whole;
    const bool said = why == why_whole::shape || why == why_whole::servers || why == why_whole::places ||
                      why == why_whole::layout;
    return said ? to_word(why) : std::string_view();
  }

  void tell_of_part(const shares::part_base& base) {
    if (!context_.listener)
      return;
    operation_progress out;
    out.operation = context_.operation;
    out.text = "Reading what the change touches";
    out.progress = 0.05;
    out.segments_total = base.plan.touched.count;
    send(self_, context_.listener, std::move(out));
  }

  /// That the whole file is published, and why no part of it alone.
  void say_whole(std::string_view why) {
    const std::string reason(why);
    reply_.whole_because = reason;
    tell(("Publishing the whole file: no part of it can be written alone (" + reason + ")").c_str(), 0.05);
    logs::say(services_->log, logs::events::whole_file_published,
              {{"operation", context_.operation}, {"reason", reason}});
  }

  /// `why` not a part of it, where that was thought of.
  void read_whole(const grid::file_version& version, std::string_view why = {}) {
    if (version.format() == grid::share_format::mdmf &&
        version.data_length > (task_.append ? task_.append->content_bytes_max : longest_content)) {
      if (may_be_lent(version))
        return lend_edited(version, why.empty() ? "size" : why);
      operation_->stop(too_long_to_publish(version, why));
      return act();
    }
    if (!why.empty())
      say_whole(why);
    read_version_ = version;
    reader_ = spawn_retriever(
        self_->system(),
        {.context = context_.part({0.05, 0.1}), .mapped = mapped_, .mapper = mapper_, .version = version});
    messages::request(
        self_, reader_, duration(services_->limits.publish_deadline), read_version{},
        [this](const content_answer& x) {
          if (operation_->done())
            return;
          if (x.ok)
            read_content_ = x.content;
          operation_->on_read(x.ok, x.failure.detail);
          act();
        },
        [this](const caf::error& e) {
          operation_->on_read(false, describe(e, self_->system()));
          act();
        });
  }

  /// A version with the change in it, published as it is read. What an append sent before is not looked for in so much.
  bool may_be_lent(const grid::file_version& version) const {
    const bool sent_before = !operation_->result().sent.empty() || !task_.wish.own.empty();
    return task_.append && !task_.strict && shares::leaves_a_version(version) &&
           (task_.append->offset || !sent_before);
  }

  void lend_edited(const grid::file_version& version, std::string_view why) {
    say_whole(why);
    const auto& add = *task_.append;
    const auto edit = edit_of(version);
    const auto length = codec::mdmf::length_after(version.data_length, edit);
    if (!length) {
      operation_->stop({errc::too_large, "no file can have as many bytes as this one would"});
      return act();
    }
    edited_ = std::make_shared<const content_lender>(
        content_lender{*length, standing_content{mapped_, mapper_, version, edit, add.data}});
    operation_->on_read(true);
    act();
  }

  /// As for a part, the whole content is at nobody's hand.
  void apply_lent() {
    grid::applied_change change;
    change.whole = false;
    const auto& from = std::get<standing_content>(edited_->who);
    if (!task_.append->offset)
      change.added_at = from.version.data_length;
    if (!from.is_edited())
      change.what = grid::applied_change::kind::unchanged;
    reply_.content_bytes = edited_->bytes;
    operation_->on_applied(change);
    act();
  }

  error too_long_to_publish(const grid::file_version& version, std::string_view why) const {
    return {errc::too_large,
            "the file has " + std::to_string(version.data_length) +
                " bytes, too many to be held, and no part of it can be written alone" +
                (why.empty() ? std::string() : " (" + std::string(why) + ")") +
                (operation_->result().sent.empty() ? "; nothing was written"
                                                   : "; what was sent before may have been applied")};
  }

  void apply() {
    if (task_.renew) {
      task_.content = read_content_;
      operation_->on_applied({grid::applied_change::kind::changed});
      return act();
    }
    if (part_)
      return apply_part();
    if (edited_)
      return apply_lent();
    offload(
        self_, *services_->compute,
        [add = *task_.append, content = read_content_, own = operation_->result().own,
         version = read_version_] { return add_once(own, version, content, add); },
        [this](result<appended>&& x) {
          if (operation_->done())
            return;
          if (!x) {
            operation_->on_apply_failed(x.error());
          } else {
            task_.content = x->content;
            reply_.content_bytes = task_.content.size();
            operation_->on_applied(x->change);
          }
          act();
        });
  }

  void apply_part() {
    grid::applied_change change;
    change.whole = false;
    if (shares::is_there_already(*part_))
      change.what = grid::applied_change::kind::unchanged;
    if (!task_.append->offset)
      change.added_at = part_->base.version.data_length;
    reply_.content_bytes = part_->base.plan.then.data_length;
    operation_->on_applied(change);
    act();
  }

  void publish(const grid::write_action& action) {
    auto task = publish_task_for(*keys_, grid::publish_spread(task_.spread, task_.defaults, action.base));
    task.part = std::exchange(part_, nullptr);
    task.sequence = action.sequence;
    began_on_kept_ = task.kept_map = action.kept.has_value();
    task.map = action.kept ? *action.kept : mapped_->map;
    task.base = action.base;
    task.strict = action.strict;
    task.new_file =
        task_.strict && task_.key && !action.base; // nothing of it is there that a seal could be put on
    task.earlier = task_.wish.earlier;
    task.earlier.insert(operation_->result().sent.begin(), operation_->result().sent.end());
    task.before = {{stage::map, map_seconds_}};
    const bool in_part = task.part != nullptr;
    if (task_.append && action.base && action.base->format() == grid::share_format::mdmf)
      services_->metrics->changes_a_part(in_part ? metrics::part_sent::part : metrics::part_sent::whole);
    start_publish_of(std::move(task), [this, in_part](const publish_result& x) {
      fill_reply(reply_, *context_.servers, x);
      if (x.failure) {
        // Nothing was sent: encoding or the loop's own checks said no.
        operation_->on_publish_refused(*x.failure);
      } else {
        operation_->on_published(x.report);
      }
      // A publish that was at its end anyway when it was told to stop is not followed by another try.
      if (stopped_ && !operation_->done())
        operation_->stop(*stopped_);
      reply_.partial = in_part && operation_->done();
      if (in_part && !operation_->done())
        say_whole(grid::to_string(x.report.end));
      act();
    });
  }

  void conclude() { finish(fill_end(reply_, *context_.servers, operation_->result())); }

  // -- the end --

  void on_stop(errc reason) {
    const error why{reason, reason == errc::timeout ? "the write took longer than it was given"
                                                    : "the write was stopped"};
    if (coordinator_) {
      stopped_ = why;
      // The publish decides when it is safe to end; its report follows.
      send(self_, coordinator_, stop{reason});
      return;
    }
    if (operation_ && !operation_->done()) {
      operation_->stop(why);
      act();
    }
  }

  void remember(const std::vector<grid::sent_version>& sent, const std::set<grid::share_seal>& seals) {
    std::set<grid::file_version> versions;
    for (const auto& one : sent)
      versions.insert(one.version);
    if (task_.sent)
      sent_history::add(*task_.sent, versions, seals);
    if (task_.own && !broke_off_)
      *task_.own = sent;
    else if (task_.own)
      task_.own->clear(); // what the last publish sent is not known: nothing may be recognised by the rest
  }

  void finish(std::optional<error> failure) {
    if (!promise_)
      return;
    if (operation_) {
      const auto& result = operation_->result();
      remember(result.own, result.seals);
      if (operation_->done())
        reply_.became = result.what;
      leave_map();
      tally_ = result.strict;
      if (result.report)
        last_end_ = result.report->end;
    }
    if (tally_)
      tell_of_strict(failure);
    reply_.ok = !failure;
    if (failure)
      reply_.failure = std::move(*failure);
    if (!task_.renew) // else it is part of another operation
      services_->metrics->operation_ended(
          task_.append && !task_.append->offset ? operation_kind::append : operation_kind::publish,
          reply_.ok ? std::nullopt : metrics::outcome(reply_.failure.code), services_->time->now() - start_);
    reply_.stages.insert(reply_.stages.begin(), {stage::map, map_seconds_});
    drop_mapper();
    if (reader_)
      send(self_, reader_, stop{});
    if (part_reader_)
      part_reader_->stop();
    promise_->deliver(std::move(reply_));
    promise_.reset();
    self_->quit();
  }

  /// What became of a write to a file that is kept strictly, to whoever asked, the metrics and the log.
  void tell_of_strict(const std::optional<error>& failure) {
    const bool nothing_to_do = operation_ && operation_->result().end == grid::write_end::unchanged;
    const auto outcome = grid::strict_outcome_of(!failure, nothing_to_do, reply_.became, last_end_);
    const auto by = operation_ ? operation_->result().in_place_writer : std::string();
    reply_.strict = strict_report_of(*context_.servers, *tally_, outcome, by);
    services_->metrics->strict_write_ended(counts_of(*tally_, outcome, !by.empty()));
    if (tally_->other_setting && failure)
      logs::say(services_->log, logs::events::other_setting,
                {{"operation", context_.operation}, {"detail", failure->detail}});
    logs::say(services_->log, logs::events::strict_write_ended,
              {{"operation", context_.operation},
               {"outcome", to_word(outcome)},
               {"confirming", tally_->confirming},
               {"needed", tally_->needed},
               {"places", tally_->places},
               {"rounds", tally_->rounds},
               {"barriers", tally_->barriers},
               {"retired", tally_->retired},
               {"purged", tally_->purged},
               {"resent", tally_->resent},
               {"leftovers", tally_->leftovers},
               {"met_another", tally_->met_another}});
  }

  void tell(const char* text, double progress) { tell_progress(self_, context_, text, progress); }

  void drop_mapper() {
    if (mapper_)
      send(self_, mapper_, stop{});
  }

  shell<file_writer_state>* self_;
  write_task task_;
  const operation_context& context_;
  services_ptr services_;
  std::chrono::steady_clock::time_point start_ = services_->time->now();
  std::optional<caf::typed_response_promise<publish_reply>> promise_;
  std::unique_ptr<grid::file_write> operation_;
  std::optional<crypto::file_keys> keys_;
  std::shared_ptr<const mapped_file> mapped_;
  std::chrono::steady_clock::time_point mapped_at_; ///< when the map was made that is published on
  bool began_on_kept_ = false;                      ///< and has not mapped since
  grid::file_version read_version_;
  shared_bytes read_content_; ///< of that version
  std::optional<part_reader<shell<file_writer_state>>> part_reader_;
  std::shared_ptr<const shares::part_change> part_; ///< what is published, where it is a part
  std::shared_ptr<const content_lender> edited_;    ///< what is published, where it is too long to be held
  map_updater mapper_;
  retriever reader_;
  publish_coordinator coordinator_;
  publish_reply reply_;
  std::optional<grid::file_servers> servers_; ///< once they were asked for
  std::optional<grid::strict_tally> tally_;   ///< of a file that is kept strictly
  std::optional<grid::publish_end> last_end_; ///< of the last publish
  std::optional<error> stopped_;              ///< while a publish was running
  bool broke_off_ = false;                    ///< a publish, without a report
  double map_seconds_ = 0;
};

} // namespace

messages::file_writer spawn_file_writer(caf::actor_system& system, write_task task) {
  return messages::spawn<file_writer_state>(system, std::move(task));
}

} // namespace truckee::actors
