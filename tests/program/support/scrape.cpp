#include "program/support/scrape.hpp"

#include <httplib.h>
#include <stdexcept>
#include <thread>

namespace truckee::test {

std::string scrape(process& p) {
  const auto url = p.wait_for("metrics: ");
  const auto path = url.find('/', std::string("http://").size());
  httplib::Client client(url.substr(0, path));
  client.set_read_timeout(5);
  const auto answer = client.Get(url.substr(path));
  if (!answer || answer->status != 200)
    throw std::runtime_error("no answer from " + url);
  return answer->body;
}

std::string scrape_until(process& p, const std::function<bool(const std::string&)>& good,
                         process::seconds longest) {
  const auto end = std::chrono::steady_clock::now() + longest;
  for (;;) {
    auto text = scrape(p);
    if (good(text))
      return text;
    if (std::chrono::steady_clock::now() > end)
      throw std::runtime_error("the metrics never became what they should be:\n" + text);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

double value_of(const std::string& text, const std::string& series) {
  const auto key = "\n" + series + " ";
  const auto at = text.find(key);
  return at == text.npos ? -1 : std::stod(text.substr(at + key.size()));
}

} // namespace truckee::test
