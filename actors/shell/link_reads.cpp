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

void tell_corrupt_share(const operation_context& context, const grid::share_place& place,
                        std::string_view reason, const logs::event& what) {
  const auto server = context.name_of(place.server);
  context.services->metrics->server(server).share_was_corrupt();
  logs::say(context.services->log, what,
            {{"operation", context.operation},
             {"server", server},
             {"share", place.share.value},
             {"reason", reason}});
}

} // namespace truckee::actors
