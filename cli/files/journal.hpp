#pragma once

#include "truckee/base/descriptor.hpp"
#include "truckee/base/ids.hpp"
#include "truckee/base/result.hpp"

#include <set>
#include <string>

namespace truckee::cli {

/// What a long command has done, so that it goes on where it stopped when it is run again: storage indexes, a line each, which say
/// nothing to who has no capability. A text file, readable by its owner only.
class journal {
public:
  /// Goes on with the one in `file`, or begins it. `what` is what it is for, whatever would make what was done once no longer done
  /// (the command, the grid): a journal of something else is refused. A last line that was cut off is forgotten.
  /// Errors: usage (no such folder, a folder, not a journal, of something else), refused (another process has it), io.
  static result<journal> open(const std::string& file, std::string_view what);

  bool has(const storage_index& file) const { return done_.contains(file); }
  std::size_t size() const { return done_.size(); }
  /// On the disk when this returns. Errors: io.
  result<void> add(const storage_index& file);

private:
  journal(std::string name, truckee::descriptor file) : name_(std::move(name)), file_(std::move(file)) {}
  result<void> read(std::string_view content, std::string_view head);
  result<void> append(std::string_view line);

  std::string name_;
  truckee::descriptor file_;
  std::set<storage_index> done_;
};

} // namespace truckee::cli
