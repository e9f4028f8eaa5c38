#include "truckee/actors/shell/link_reads.hpp"

namespace truckee::actors {

using messages::delivery;

bool went_well(const messages::read_answer& x) {
  return x.how == delivery::answered && x.answer.status == grid::storage_status::ok;
}

std::string reason_of(const messages::read_answer& x) {
  if (x.how != delivery::answered)
    return x.detail;
  return std::string(to_string(x.answer.status)) + (x.answer.detail.empty() ? "" : " " + x.answer.detail);
}

void count_read(metrics::server_events& events, const messages::read_answer& x) {
  const auto how = went_well(x)                     ? metrics::outcome{}
                   : x.how == delivery::unreachable ? metrics::outcome{errc::unreachable}
                                                    : metrics::outcome{errc::timeout};
  events.read_answered(how, std::chrono::duration<double>(x.seconds));
}

void tell_corrupt_share(const logs::log_ptr& log, std::uint64_t operation, std::string_view server,
                        share_number share, std::string_view reason) {
  logs::say(log, logs::events::corrupt_share,
            {{"operation", operation}, {"server", server}, {"share", share.value}, {"reason", reason}});
}

} // namespace truckee::actors
