#include "truckee/cli/session/lender.hpp"

#include "truckee/messages/types.hpp"

#include <caf/send.hpp>
#include <caf/spawn_options.hpp>

namespace truckee::cli {

using namespace messages;

namespace {

/// No more than this is in memory for one request.
constexpr std::uint64_t part_bytes_max = std::uint64_t{64} << 20;

class lender_state {
public:
  using handle = content_source;
  static constexpr const char* name = "truckee.cli.lender";

  lender_state(shell<lender_state>*, std::shared_ptr<const lendable_file> file) : file_(std::move(file)) {}

  behavior<handle> make_behavior() {
    return {[this](const read_content& x) {
      content_part out;
      auto read = x.length <= part_bytes_max
                      ? file_->read(x.offset, x.length)
                      : result<shared_bytes>(fail(errc::too_large, "too much content was asked for at once"));
      out.ok = read.has_value();
      if (read)
        out.data = std::move(*read);
      else
        out.failure = read.error();
      return out;
    }};
  }

private:
  std::shared_ptr<const lendable_file> file_;
};

} // namespace

lender::lender(caf::actor_system& system, std::shared_ptr<const lendable_file> file) : bytes_(file->size()) {
  // In a thread of its own: a disk may be slow, and CAF's threads are the network's, too.
  source_ = spawn<lender_state, caf::detached>(system, std::move(file));
}

lender::~lender() {
  caf::anon_send_exit(source_, caf::exit_reason::user_shutdown);
}

} // namespace truckee::cli
