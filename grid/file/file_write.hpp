#pragma once

#include "truckee/base/random.hpp"
#include "truckee/grid/file/kept_map.hpp"
#include "truckee/grid/file/own_versions.hpp"
#include "truckee/grid/file/strict_tally.hpp"
#include "truckee/grid/limits.hpp"
#include "truckee/grid/publish/publish_report.hpp"
#include "truckee/grid/spread.hpp"
#include "truckee/grid/strict/slot_map.hpp"

/// From a wish to write to an end that is told: map, read, change, publish, and again where needed.
namespace truckee::grid {

/// What becomes of the content that is there.
enum class write_kind : std::uint8_t {
  overwrite,   ///< put: new content, whatever was there
  conditional, ///< put --if-version: only on top of the version named
  modify,      ///< a function of the content that is there
  create,      ///< the first version of a file whose key was brought: only where nothing of it is there
  repair,      ///< strict: the content that is there as a new version, on all servers; damaged shares go
  renew, ///< strict: the content that is there as a new version, unless one is confirmed: for a confirmed read
};

/// What was asked for, from the first try to the last.
struct write_wish {
  write_kind kind = write_kind::overwrite;
  std::optional<version_condition>
      only_if;                    ///< with conditional and modify; the first map says which version that is
  std::set<file_version> earlier; ///< versions this client sent before for this file
  std::set<share_seal> own_seals = {}; ///< strict: of signatures this client sent before for this file
  std::vector<sent_version> own = {};  ///< what this very operation sent when it was asked for before
  /// Of a kept map that fits: an overwrite begins on it, without a map of its own. Others do not look at it.
  std::optional<servermap> kept = {};
  /// Strict, of a kept map that fits: an overwrite begins on it, or an append whose shell has the base's content.
  std::optional<slot_map> kept_slots = {};
  grid_limits limits;
  std::function<std::string(const server_id&)> server_name = publish_report::short_id; ///< in errors
};

/// What a map brought.
struct file_map {
  file_map(servermap map, std::optional<error> why_no_key = std::nullopt,
           std::optional<slot_map> contents = std::nullopt, std::chrono::milliseconds time = {})
    : shares(std::move(map)), no_key(std::move(why_no_key)), slots(std::move(contents)), took(time) {}

  servermap shares;
  std::optional<error> no_key;    ///< why the signing key cannot be had, where it cannot
  std::optional<slot_map> slots;  ///< for the strict order
  std::chrono::milliseconds took; ///< to make it
};

/// What a strict publish begins on.
struct strict_base {
  slot_map known;
  writer_note note;                    ///< goes into the salt of its signatures
  std::set<share_seal> own_seals = {}; ///< of signatures that this client sent before
  bool clear_damaged = false;          ///< shares that do not verify are deleted
  bool fill_in = false; ///< R8: the confirmed version itself, to servers that missed it, and nothing new
};

/// What the shell does next.
struct write_action {
  enum class kind : std::uint8_t {
    map,     ///< update the map: `mode`, `ask_all`
    read,    ///< fetch the content of `version`
    apply,   ///< ask presence_in() whether the change is in what was read; where it is absent, make it
    publish, ///< encode and publish with `sequence`, `base`, the last map, `earlier`
    wait,    ///< for `delay`, then on_waited()
    done,    ///< see end()
  } what = kind::done;
  map_mode mode = map_mode::write;
  bool ask_all = false;
  std::optional<file_version> version;
  sequence_number sequence;
  std::optional<file_version> base;
  bool rescue = false; ///< no version is recoverable any more: publishes the content still in memory
  std::optional<servermap> kept = {}; ///< publishes on this map, which is a kept one, and not on the last map
  std::optional<strict_base> strict = {}; ///< with publish, where the file is kept strictly
  std::chrono::milliseconds delay{0};
};

/// How a write ended.
enum class write_end : std::uint8_t {
  running,
  written,
  unchanged,           ///< the function changed nothing: nothing was written
  already_applied,     ///< an earlier version of ours is there, or one that was built on it: see `found`
  uncoordinated_write, ///< told: another writer was at work
  version_changed,     ///< conditional: another version is there
  unrecoverable,       ///< there are shares but no version can be read
  failed,              ///< see failure
};
std::string_view to_string(write_end end);

/// What applying the change to a content brought.
struct applied_change {
  enum class kind : std::uint8_t {
    changed,   ///< a new content is in memory
    unchanged, ///< the function has nothing to do
    contained, ///< the change is in it: it is in memory as it was read
    unclear,   ///< whether the change is in it cannot be known
  } what = kind::changed;
  /// With changed and contained: the content with the change; with changed also the one before.
  std::optional<content_mark> before = {};
  std::optional<content_mark> after = {};
  /// With changed: false where a part is sent (publish/in_part.hpp), so that no content is in memory, and no marks.
  bool whole = true;
  std::optional<std::uint64_t> added_at = {}; ///< of such an append: where it begins
};

/// What a write came to, for its reply.
struct write_result {
  write_end end = write_end::running;
  effect what = effect::may_be_applied; ///< when it has ended
  std::optional<publish_report> report; ///< of the last publish
  std::vector<uncoordinated_share> surprises;
  std::vector<file_version> recoverable_now; ///< with uncoordinated_write
  bool rescued = false; ///< a collision left no version recoverable and our content was published above it
  std::uint32_t tries = 0;
  kept_map_use kept = kept_map_use::none;
  std::set<file_version> sent;   ///< versions of ours; goes into `earlier` next time
  std::vector<sent_version> own; ///< the same, and those of `wish.own`; goes there when it is asked for again
  std::set<share_seal> seals;    ///< strict: of signatures that were sent; goes into `own_seals` next time
  std::optional<file_version> found;       ///< with already_applied
  std::set<share_place> found_at;          ///< its shares
  std::optional<strict_tally> strict = {}; ///< of a file that is kept strictly
  /// Strict: what shows that somebody writes to the file in place, whom no rule of the strict order binds; for people.
  std::string in_place_writer = {};
  std::optional<error> failure;
};

/// One write to one file, decision by decision. Every action is answered by exactly one on_ call. What follows from a map and
/// from the end of a publish is the order's: write_operation and strict_write. The rest is here.
class file_write {
public:
  file_write(write_wish wish, random_source& random);
  file_write(const file_write&) = delete;
  file_write& operator=(const file_write&) = delete;
  virtual ~file_write() = default;

  write_action next() const { return action_; }

  /// Why there is no key is told unless something else forbids the write first.
  virtual void on_map(file_map map) = 0;
  void on_map_failed(error why) { give_up(std::move(why)); }
  /// Content of the version asked for is at hand (true), or could not be read.
  void on_read(bool ok, std::string detail = {});
  void on_applied(applied_change change);
  void on_apply_failed(error why) { give_up(std::move(why)); }
  virtual void on_published(publish_report report) = 0;
  /// The publish could not begin (encoding failed, refused): nothing was sent.
  void on_publish_refused(error why) { give_up(std::move(why)); }
  void on_waited();
  /// Cancel or deadline while mapping, reading or waiting; during a publish stop that first.
  void stop(error why);

  bool done() const { return action_.what == write_action::kind::done; }
  const write_result& result() const { return result_; }

protected:
  // -- what an order decides --

  /// Looks again, at all servers: somebody else was at work, or servers have gone.
  virtual void map_again() = 0;
  virtual void publish() = 0;
  /// The base has the change already; change_ tells its content.
  virtual void on_contained() = 0;
  virtual std::chrono::milliseconds pause() = 0; ///< before the next try
  /// As limits.write_tries_max.
  virtual std::uint32_t tries_max() const { return wish_.limits.write_tries_max; }
  virtual void give_up(error why) { fail_with(std::move(why)); }

  // -- what it does --

  void act_map(map_mode mode, bool ask_all);
  void act_read(const file_version& version);
  void act_wait();
  /// A publish has ended, well or not: what it sent is ours from now on.
  void remember(publish_report report);
  void add_surprises(const std::vector<uncoordinated_share>& met);
  /// The version has the change, and it is where it must be.
  void settle_on(const file_version& version);
  void fail_with(error why) { refuse(write_end::failed, std::move(why)); }
  void refuse(write_end end, error why);
  /// Conditional: what is there is not the version that was named.
  void refuse_changed(const std::optional<file_version>& now);
  void finish(write_end end);

  write_wish wish_;
  random_source* random_;
  servermap map_;
  std::optional<file_version> condition_; ///< the version that only_if means
  std::optional<file_version> last_sent_; ///< its content is in memory
  applied_change change_;                 ///< what is in memory
  write_action action_;
  write_result result_;
};

/// What keeps a file from being created: something of it is there that is none of `own`. Nothing: no answer showed any.
std::optional<error> already_there(const servermap& map, const std::set<file_version>& own);

} // namespace truckee::grid
