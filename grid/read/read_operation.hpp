#pragma once

#include "truckee/base/result.hpp"
#include "truckee/grid/limits.hpp"
#include "truckee/grid/servermap.hpp"

#include <functional>
#include <optional>

namespace truckee::grid {

/// What the shell does next.
struct read_action {
  enum class kind : std::uint8_t {
    map,  ///< make a read map; `ask_all`: of every server
    read, ///< fetch the content of `version`
    done, ///< see failure()
  } what = kind::done;
  bool ask_all = false;
  file_version version; ///< with read
};

/// From a wish to read to a content, or to what keeps it away:
///
///     map --- a version can be read ---------------------------------> read
///     map --- none, and servers were not asked -----------------------> map, every server
///     first map --- none, and parts of several ------------------------> map, every server
///     read -- it changed meanwhile, or too few of its shares are good --> map, every server
///     read -- it is there --------------------------------------------> done
///
/// limits.read_tries_max maps at most: a file that changes faster than that is told as such. Every action is answered by
/// exactly one on_ call.
///
/// Where one version is asked for (`only`), that one is read or none: errc::uncoordinated_write where the file is at another
/// one now.
class read_operation {
public:
  /// `server_name` is for errors.
  read_operation(grid_limits limits, std::function<std::string(const server_id&)> server_name,
                 std::optional<version_condition> only = std::nullopt);

  read_action next() const { return action_; }
  /// `version`: reads that one; nothing: the greatest that can be read.
  void on_map(const servermap& map, const std::optional<file_version>& version = std::nullopt);
  /// `changed`: somebody wrote while it was read. Without a failure the content is there.
  void on_read(const std::optional<error>& failure, bool changed);
  /// Cancel, deadline, or a defect on the way.
  void stop(error why);

  bool done() const { return action_.what == read_action::kind::done; }
  /// Once done: why there is no content; nothing when it is there.
  const std::optional<error>& failure() const { return failure_; }

private:
  void map_again();
  void fail_with(error why);
  std::optional<file_version> wanted(const servermap& map) const;

  grid_limits limits_;
  std::function<std::string(const server_id&)> server_name_;
  std::optional<version_condition> only_;
  read_action action_;
  std::optional<error> failure_;
  std::uint32_t maps_ = 0;
};

} // namespace truckee::grid
