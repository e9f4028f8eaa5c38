#include "truckee/actors/operations/file_reader.hpp"

#include "truckee/actors/operations/replies.hpp"
#include "truckee/actors/shell/metric_words.hpp"
#include "truckee/actors/steps/map_updater.hpp"
#include "truckee/actors/steps/retriever.hpp"
#include "truckee/grid/file/confirmation.hpp"
#include "truckee/grid/read/read_operation.hpp"
#include "truckee/grid/strict/rules.hpp"

namespace truckee::actors {

namespace {

using namespace messages;
using clock = std::chrono::steady_clock;

/// Between two looks for a confirmed version: as long as a map takes, and no less than this.
constexpr double look_pause_least = 0.05; // seconds

/// Does what grid::read_operation says.
class file_reader_state {
public:
  using handle = extended<file_reader, void(continuation)>;
  static constexpr const char* name = "truckee.file_reader";

  file_reader_state(shell<file_reader_state>* self, read_task task)
    : self_(self), task_(std::move(task)), context_(task_.context), services_(context_.services),
      strict_(task_.strict), confirmation_(task_.renewal != nullptr),
      operation_(
          services_->limits,
          [servers = context_.servers](const server_id& id) { return servers->name_of(id); }, task_.only) {}

  behavior<handle> make_behavior() {
    return {
        [this](const run&) {
          const auto promise = self_->template make_response_promise<retrieve_reply>();
          promise_ = promise;
          act();
          return caf::result<retrieve_reply>(promise); // it may be answered already
        },
        [this](const stop& x) {
          if (renewer_)
            send(self_, renewer_, stop{x.reason});
          give_up({x.reason, "the read was stopped"});
        },
        [](const continuation& rest) { rest.run(); },
    };
  }

private:
  void act() {
    const auto action = operation_.next();
    switch (action.what) {
    case grid::read_action::kind::map:
      return takes_kept() ? act() : map(action.ask_all);
    case grid::read_action::kind::read:
      return read(action.version);
    case grid::read_action::kind::done:
      return finish();
    }
  }

  void give_up(error why) {
    operation_.stop(std::move(why));
    finish();
  }

  /// Goes on with the map of the last part of this version, where there is one; once.
  bool takes_kept() {
    const auto kept = task_.kept && task_.only ? std::exchange(*task_.kept, std::nullopt) : std::nullopt;
    if (!kept || strict_ || !task_.only->met_by(kept->version) ||
        services_->time->now() - kept->used >= services_->limits.kept_map_age)
      return false;
    mapped_ = kept->mapped;
    operation_.on_map(mapped_->map, kept->version);
    return true;
  }

  /// Leaves the map to whoever reads on. What was read is only part of the file, or nobody would.
  void leave_map() {
    const bool goes_on =
        task_.range.offset < reply_.file_bytes && task_.range.length < reply_.file_bytes - task_.range.offset;
    if (task_.kept && !strict_ && goes_on && version_.format() == grid::share_format::mdmf)
      *task_.kept = kept_read{mapped_, version_, services_->time->now()};
  }

  void map(bool ask_all) {
    tell_progress(self_, context_, "Mapping shares", 0);
    const progress_span span{0, 0.2};
    auto task = strict_ ? strict_map_task_for(context_, grid::map_mode::read, span, *strict_, task_.confirmed)
                        : map_task_for(context_, grid::map_mode::read, span);
    task.request.ask_all = ask_all || task.request.ask_all;
    drop_mapper();
    mapper_ = spawn_map_updater(self_->system(), std::move(task));
    messages::request(
        self_, mapper_, duration(services_->limits.publish_deadline), map_file{},
        [this](const map_answer& x) { on_map(x); }, [this](const caf::error& e) { on_error(e); });
  }

  void on_map(const map_answer& x) {
    if (operation_.done())
      return;
    mapped_ = x.mapped;
    map_seconds_ += x.mapped->seconds;
    services_->metrics->stage_took(stage::map, std::chrono::duration<double>(x.mapped->seconds));
    note_failed_servers(x.mapped->map);
    reply_.newer_unreadable.clear();
    for (const auto& version : x.mapped->map.newer_unrecoverable())
      reply_.newer_unreadable += (reply_.newer_unreadable.empty() ? "" : ", ") + describe(version);
    const auto heard = strict_ ? strict_->deciding(x.mapped->slots->slots()) : 0;
    if (strict_ && heard < strict_->heard_by_readers())
      return give_up(too_few_heard(heard));
    if (task_.confirmed)
      return confirm(*x.mapped->slots);
    operation_.on_map(x.mapped->map);
    act();
  }

  // -- a confirmed read --

  void confirm(const grid::slot_map& slots) {
    using kind = grid::confirmation_step::kind;
    const auto step = confirmation_.on_map(slots);
    switch (step.what) {
    case kind::read:
      operation_.on_map(mapped_->map, step.version);
      return act();
    case kind::look_again:
      tell_progress(self_, context_, "Waiting for an unfinished update", 0.1);
      send_later(self_,
                 duration(std::chrono::duration_cast<duration>(
                     std::chrono::duration<double>(std::max(mapped_->seconds, look_pause_least)))),
                 continuation{[this] {
                   if (!operation_.done())
                     map(true);
                 }});
      return;
    case kind::renew:
      return renew();
    case kind::give_up:
      return give_up(not_certain(strict_->counted(slots.slots())));
    }
  }

  error not_certain(std::size_t heard) const {
    if (heard < strict_->confirming())
      return {errc::not_enough_servers,
              std::to_string(heard) + " of " + std::to_string(strict_->places()) + " servers answered, and " +
                  std::to_string(strict_->confirming()) + " must, to tell which version is confirmed"};
    return {errc::not_enough_servers, "an unfinished update is there, of a writer at work or a dead one, so "
                                      "that it cannot be told which version is "
                                      "confirmed; a read that need not be sees one, and a later one may show "
                                      "an older. The next publish, or a "
                                      "confirmed read with a write capability, settles it"};
  }

  void renew() {
    tell_progress(self_, context_, "Settling an unfinished update", 0.1);
    renewer_ = task_.renewal();
    messages::request(
        self_, renewer_, std::chrono::hours(24), run{}, // it has deadlines of its own
        [this](const publish_reply& x) {
          renewer_ = file_writer{};
          if (operation_.done())
            return;
          // Others who published are no obstacle: their version may be the confirmed one.
          if (x.ok || x.failure.code == errc::uncoordinated_write)
            map(true);
          else
            give_up(x.failure);
        },
        [this](const caf::error& e) { on_error(e); });
  }

  error too_few_heard(std::size_t heard) const {
    return {errc::not_enough_servers, std::to_string(heard) + " of " + std::to_string(strict_->places()) +
                                          " servers answered, and " +
                                          std::to_string(strict_->heard_by_readers()) +
                                          " must be heard, or an acknowledged update could be missed"};
  }

  void read(const grid::file_version& version) {
    reply_.kind = !strict_                                              ? read_kind::in_place
                  : grid::strict::confirmed(*mapped_->slots) == version ? read_kind::confirmed
                                                                        : read_kind::plain;
    version_ = version;
    reply_.version = version.sequence;
    reply_.root = to_hex(version.root.view());
    reply_.file_bytes = version.data_length;
    reader_ = spawn_retriever(self_->system(), {.context = context_.part({0.2, 1}),
                                                .mapped = mapped_,
                                                .mapper = mapper_,
                                                .version = version,
                                                .range = task_.range});
    messages::request(
        self_, reader_, duration(services_->limits.publish_deadline), read_version{},
        [this](const content_answer& answer) { on_content(answer); },
        [this](const caf::error& e) { on_error(e); });
  }

  void on_content(const content_answer& x) {
    if (operation_.done())
      return;
    for (const auto& lie : x.lying)
      reply_.bad.push_back({context_.name_of(lie.server), lie.share, lie.reason});
    read_seconds_ += x.seconds;
    if (x.ok) {
      reply_.content = x.content;
      leave_map();
    }
    operation_.on_read(x.ok ? std::nullopt : std::optional(x.failure), x.changed);
    act();
  }

  void note_failed_servers(const grid::servermap& map) {
    reply_.servers.clear();
    for (const auto& [server, why] : map.servers_failed())
      reply_.servers.push_back({context_.name_of(server), server_outcome::failed, why, 0});
    reply_.bad.clear();
    for (const auto& [place, bad] : map.bad_shares())
      reply_.bad.push_back({context_.name_of(place.server), place.share, bad.reason});
  }

  void on_error(const caf::error& e) { give_up(as_error(e, self_->system())); }

  void finish() {
    if (!promise_)
      return;
    reply_.ok = !operation_.failure();
    if (!reply_.ok)
      reply_.failure = *operation_.failure();
    reply_.stages = {{stage::map, map_seconds_}, {stage::read, read_seconds_}};
    services_->metrics->operation_ended(operation_kind::retrieve,
                                        reply_.ok ? std::nullopt : metrics::outcome(reply_.failure.code),
                                        services_->time->now() - start_);
    drop_mapper();
    if (reader_)
      send(self_, reader_, stop{});
    promise_->deliver(std::move(reply_));
    promise_.reset();
    self_->quit();
  }

  void drop_mapper() {
    if (mapper_)
      send(self_, mapper_, stop{});
  }

  shell<file_reader_state>* self_;
  const read_task task_;
  const operation_context& context_;
  services_ptr services_;
  const std::optional<grid::strict_setting>& strict_;
  grid::confirmation confirmation_;
  file_writer renewer_; ///< while it publishes
  grid::read_operation operation_;
  std::shared_ptr<const mapped_file> mapped_; ///< the last map
  grid::file_version version_;                ///< that is read
  map_updater mapper_;
  retriever reader_;
  std::optional<caf::typed_response_promise<retrieve_reply>> promise_;
  retrieve_reply reply_;
  double map_seconds_ = 0;
  double read_seconds_ = 0;
  clock::time_point start_ = services_->time->now();
};

} // namespace

messages::file_reader spawn_file_reader(caf::actor_system& system, read_task task) {
  return messages::spawn<file_reader_state>(system, std::move(task));
}

} // namespace truckee::actors
