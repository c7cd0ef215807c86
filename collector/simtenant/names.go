package simtenant

import (
	"strconv"
	"strings"
)

// Nobody has these names: they come from hedges, shores and kitchens.

func firstNames() []string {
	return strings.Fields(`Alder Aster Basil Bay Birch Briar Bryony Calla Cedar Celandine Chicory Clover Coral Cosmo Dahlia
		Damson Elder Ember Fennel Fern Flax Ginger Hazel Heath Holly Indigo Iris Ivy Jasper Juniper Kestrel Lark Laurel Lavender Linden
		Linnet Lotus Maple Marjoram Marlow Merle Mica Myrtle Nettle Oak Olive Opal Orris Pepper Perry Pike Poppy Quill Quince Rain Reed
		Robin Rowan Rue Rush Sable Saffron Sage Sorrel Starling Tansy Teal Thyme Vale Violet Willow Wren Yarrow Zinnia`)
}

func lastNames() []string {
	return strings.Fields(`Applegarth Ashbrook Barleycorn Beanstalk Bellwether Birdwhistle Blackwater Bramblecote Broadmeadow
		Buttermere Candlewick Cloudberry Copperpot Cornflower Daisychain Dewpoint Dovetail Driftwood Eastwind Fairweather Farthingale
		Featherstone Fiddlehead Foxglove Goldfinch Goosegrass Greengage Halfpenny Harbourlight Hawthorne Hayrick Honeydew Hopscotch
		Inkwell Jackdaw Kettleburn Lampshade Larkspur Lighthouse Longshore Marigold Meadowsweet Millstream Mistletoe Moonraker
		Nightingale Nutmeg Oatcake Orchard Paperwhite Peppercorn Pinecone Plumtree Quicksilver Raincloud Riverbend Rosehip Saltmarsh
		Seashell Silverleaf Snowdrop Springtide Stonecrop Sundial Swallowtail Teacup Thistledown Tidewater Toadflax Underhill Waterlily
		Weathervane Windfall Woodsmoke`)
}

type names struct {
	first, last []string
	taken       map[string]int
}

func newNames() *names {
	return &names{first: firstNames(), last: lastNames(), taken: map[string]int{}}
}

// pick returns the name at two places of the lists; one that was given before gets a number.
func (n *names) pick(i, j int) (first, last string) {
	first, last = n.first[i%len(n.first)], n.last[j%len(n.last)]
	n.taken[first+last]++
	if again := n.taken[first+last]; again > 1 {
		last += strconv.Itoa(again)
	}
	return first, last
}
