#pragma once

#include "truckee/base/random.hpp"
#include "truckee/grid/file/kept_map.hpp"
#include "truckee/grid/file/own_versions.hpp"
#include "truckee/grid/limits.hpp"
#include "truckee/grid/publish/order_name.hpp"
#include "truckee/grid/publish/publish_report.hpp"
#include "truckee/grid/spread.hpp"

#include <memory>

/// From a wish to write to an end that is told: map, read, change, publish, and again where needed.
namespace truckee::grid {

class publish_order;

/// What becomes of the content that is there.
enum class write_kind : std::uint8_t {
  overwrite,   ///< put: new content, whatever was there
  conditional, ///< put --if-version: only on top of the version named
  modify,      ///< a function of the content that is there
};

/// A version by what a person has seen of it.
struct version_condition {
  sequence_number sequence;
  std::string root; ///< the first hexadecimal digits of its root hash; may be empty

  bool met_by(const file_version& version) const;
};
/// "version 7 (root ab12)"
std::string describe(const version_condition& condition);

/// What was asked for, from the first try to the last.
struct write_wish {
  write_kind kind = write_kind::overwrite;
  std::optional<version_condition> only_if; ///< with conditional; the first map says which version that is
  std::set<file_version> earlier;           ///< versions this client sent before for this file
  std::vector<sent_version> own = {};       ///< what this very operation sent when it was asked for before
  /// Of a kept map that fits: an overwrite begins on it, without a map of its own. Others do not look at it.
  std::optional<servermap> kept = {};
  grid_limits limits;
  order_name order = order_name::in_place; ///< says which maps it needs
  std::function<std::string(const server_id&)> server_name = publish_report::short_id; ///< in errors
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
  std::optional<file_version> found; ///< with already_applied
  std::set<share_place> found_at;    ///< its shares
  std::optional<error> failure;
};

/// One write to one file, decision by decision. Every action is answered by exactly one on_ call.
class write_operation {
public:
  write_operation(write_wish wish, random_source& random);

  write_action next() const { return action_; }

  /// `no_key`: why the signing key cannot be had, where it cannot; told unless something else forbids the write first.
  void on_map(servermap map, std::optional<error> no_key = std::nullopt);
  void on_map_failed(error why);
  /// Content of the version asked for is at hand (true), or could not be read.
  void on_read(bool ok, std::string detail = {});
  void on_applied(applied_change change);
  void on_apply_failed(error why);
  void on_published(publish_report report);
  /// The publish could not begin (encoding failed, refused): nothing was sent.
  void on_publish_refused(error why);
  void on_waited();
  /// Cancel or deadline while mapping, reading or waiting; during a publish stop that first.
  void stop(error why);

  bool done() const { return action_.what == write_action::kind::done; }
  const write_result& result() const { return result_; }

private:
  void begin_on_kept();
  /// The kept map was not what is there: maps as if it had never been.
  void map_after_all();
  void act_map(bool first);
  void act_publish(bool rescue);
  void first_map(std::optional<error> no_key);
  /// The best version has the change: ends if it is whole, else publishes it once more so that it is.
  void settle_on_own();
  /// An overwrite that was asked for before: true where the map decides its fate.
  bool settled_before();
  void after_remap();
  void rescue();
  void act_wait();
  void again(const publish_report& report);
  void raise_floor(const publish_report& report);
  void tell();
  void fail_with(error why);
  void finish(write_end end);
  /// The version we sent last, whose content is in memory, is the best one.
  bool our_last_is_best() const;

  write_wish wish_;
  random_source* random_;
  std::shared_ptr<const publish_order> order_; ///< asked for the maps it needs
  write_action action_;
  write_result result_;
  servermap map_;
  std::optional<file_version> condition_; ///< the version that only_if means
  std::optional<publish_view> before_;    ///< what the last publish knew when it began
  std::optional<file_version> last_sent_;
  applied_change change_; ///< what is in memory
  bool conflict_ = false; ///< the last publish met another writer
  bool telling_ = false;  ///< whatever a rescue brings, the caller is told
  std::uint32_t rescue_rounds_ = 0;
  sequence_number floor_; ///< unverified sequence numbers seen, within limits
};

/// The delay before try `tries` + 1: the bound doubles up to a longest one; drawn from its upper
/// three quarters, so that writers who collided part.
std::chrono::milliseconds backoff_delay(std::uint32_t tries, const grid_limits& limits,
                                        random_source& random);

/// How a publish spreads the file: as the caller wants; else an existing file keeps its k and N, and a new one gets the
/// defaults.
spread publish_spread(const std::optional<spread>& wanted, const spread& defaults,
                      const std::optional<file_version>& base);

/// What to tell where no share gave the signing key; `server_name` is for the servers that failed.
error no_signing_key(const servermap& map, const std::function<std::string(const server_id&)>& server_name);

/// Above everything the map shows and everything this writer sent.
sequence_number next_sequence(const servermap& map, const std::set<file_version>& earlier,
                              sequence_number floor = {});

} // namespace truckee::grid
